"""Synthetic speech for the mini corpora: the synthesiser, a grammar, and speakers drawn at random.

Rooms, noises and microphones are those of `cortado.feats`, which augment real recordings.
Nothing made here is a recording of a person; whatever is measured on it is labelled synthetic.
"""

from cortado.synth.espeak import Phone, Speech, Voice, synthesise, variants
from cortado.synth.sentences import draw_sentences
from cortado.synth.speakers import SAMPLE_RATE, Plan, Speaker, Utterance

__all__ = ["SAMPLE_RATE", "Phone", "Plan", "Speaker", "Speech", "Utterance", "Voice", "draw_sentences", "synthesise", "variants"]
