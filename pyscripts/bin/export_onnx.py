#!/usr/bin/env python3
"""Write the embedding network of a trained model as ONNX, for programs without torch.

Usage: utils/export_onnx.sh <model> <out.onnx>

The graph takes "features", (batch, time, feat_dim) float32 as they stand in feats.scp, whole utterances of one length, and gives
"embeddings", (batch, embedding_dim); batch and time are free. Normalisation of the features is part of it, the loss is not.

  utils/export_onnx.sh exp/resnet/final.pt exp/resnet/final.onnx
  python3 -c "import onnxruntime; print(onnxruntime.InferenceSession('exp/resnet/final.onnx').run(None, {'features': features}))"
"""

from pathlib import Path

from cortado.command import make_parser, run
from cortado.train.model_file import load_network
from cortado.train.onnx_export import export_onnx


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    network, feat_dim = load_network(args.model)
    export_onnx(network, feat_dim, args.out)
    print(f"{args.out}: {feat_dim}-dimensional features to embeddings of {network.embedding_dim} dimensions")


if __name__ == "__main__":
    run(main)
