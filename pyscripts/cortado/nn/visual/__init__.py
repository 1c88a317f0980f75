"""Visual modules: mouth crops in, one vector a frame out. Each is a 5x7x7 front end, a trunk of residual blocks, the mean over the plane.

J. Zeng, J. Du, Z. Wang, "HMM-based lip reading with stingy residual 3D convolution": the five networks of its tables are

    cortado.nn.visual.resnet18.ResNet18   2D convolutions, each frame by itself
    cortado.nn.visual.all3d.All3D         3x3x3 convolutions
    cortado.nn.visual.p3d.P3DA            1x3x3 and then 3x1x1
    cortado.nn.visual.stingy.Sti3D        stingy convolutions, without a shortcut of their own
    cortado.nn.visual.stingy.StiRes3D     and with it

Interface: forward(x, lengths) -> (batch, time, output_dim); attribute output_dim. x is (batch, time, height, width) or (batch, time,
in_channels, height, width) float, normalised and cropped; lengths (batch,) int64 frames, or None when every row is full.

Frames beyond the lengths are dropped at the door (`clips`), so they cost nothing, reach nothing through convolutions over time, and
are in no batch statistic, in training as in evaluation. They come out as zeros.
"""
