"""Melodic motifs of singers: the contour of a recording's f0, the patterns that come back in it, and clips of them.

cents, levels, estimate_levels and contour turn f0 into line segments and the signed steps between them; kmeans finds the levels. closed,
gapped and suffix_array find patterns, dictionary and occurrences say whose they are and where; clips cuts them out.
"""
