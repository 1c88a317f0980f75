"""f0 of singing: sinusoids, harmonic salience, the path of the melody, voicing."""

from cortado.pitch.other_trackers import Essentia, Praat
from cortado.pitch.recordings import F0, F0Config, make_f0
from cortado.pitch.tracker import SalienceTracker, Tracker

__all__ = ["F0", "Essentia", "F0Config", "Praat", "SalienceTracker", "Tracker", "make_f0"]
