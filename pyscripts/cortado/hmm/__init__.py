"""Hidden Markov models with Gaussian mixtures: training and alignment, in Kaldi's files.

What the files of a model folder hold, and who reads and writes them:

    topo        the HMM of each phone                       topology.Topology
    tree        the pdf of a state in context               tree.Tree
    final.mdl   transition probabilities and mixtures       model.read_model: transition_model.TransitionModel, gmm.DiagGmms
    ali.N.gz    a transition id for each frame              alignment.read_alignments

kaldi_io reads and writes the tokens that all of these but alignments consist of, binary or text.

Training, from run.TrainingRun down: corpus and features read what there is, chunks keep it on disk, training_graph makes the graphs (phone_graph,
context), viterbi aligns, accumulate sums, update makes the next mixtures, training.AcousticTraining puts these together, an iteration a
step. first_alignment begins from nothing; tree_stats, questions and build_tree grow the tree; lda, mllt and fmllr estimate transforms.
"""
