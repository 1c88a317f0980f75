"""Hidden Markov models with Gaussian mixtures: training and alignment, in Kaldi's files.

What the files of a model folder hold, and who reads and writes them:

    topo        the HMM of each phone                       topology.Topology
    tree        the pdf of a state in context               tree.Tree
    final.mdl   transition probabilities and mixtures       model.read_model: transition_model.TransitionModel, gmm.DiagGmms
    ali.N.gz    a transition id for each frame              alignment.read_alignments

kaldi_io reads and writes the tokens that all of these but alignments consist of, binary or text.
"""
