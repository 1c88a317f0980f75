"""Synthetic speech for the mini corpora: the synthesiser, a grammar, rooms and noises, and speakers drawn at random.

Nothing made here is a recording of a person; whatever is measured on it is labelled synthetic.
"""

from cortado.synth.espeak import Phone, Speech, Voice, synthesise, variants
from cortado.synth.sentences import draw_sentences
from cortado.synth.speakers import SAMPLE_RATE, Plan, Speaker, Utterance

__all__ = ["SAMPLE_RATE", "Phone", "Plan", "Speaker", "Speech", "Utterance", "Voice", "draw_sentences", "synthesise", "variants"]
