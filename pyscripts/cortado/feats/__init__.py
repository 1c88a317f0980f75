"""Features: fbank, MFCC and spectrogram by Kaldi's definitions; deltas, splicing, CMVN, energy VAD; augmentation of waveforms."""

from cortado.feats.augment import add_noise, change_speed, coloured_noise, random_eq, resample, reverberate, synthetic_rir, utterance_rng
from cortado.feats.augmenter import Augmenter
from cortado.feats.cmvn import SlidingCmvn, apply_cmvn, cmvn_stats
from cortado.feats.config import load_extractor
from cortado.feats.deltas import add_deltas, splice
from cortado.feats.extractor import Extractor
from cortado.feats.fbank import Fbank
from cortado.feats.mfcc import Mfcc
from cortado.feats.spectrogram import Spectrogram
from cortado.feats.vad import EnergyVad

__all__ = [
    "Augmenter",
    "EnergyVad",
    "Extractor",
    "Fbank",
    "Mfcc",
    "SlidingCmvn",
    "Spectrogram",
    "add_deltas",
    "add_noise",
    "apply_cmvn",
    "change_speed",
    "cmvn_stats",
    "coloured_noise",
    "load_extractor",
    "random_eq",
    "resample",
    "reverberate",
    "splice",
    "synthetic_rir",
    "utterance_rng",
]
