"""i-vectors (Dehak et al. 2011): a universal background model, the total variability model over it, and their posteriors."""

from cortado.ivector.extractor import Extractor
from cortado.ivector.front_end import FrontEnd
from cortado.ivector.gmm import Gmm

__all__ = ["Extractor", "FrontEnd", "Gmm"]
