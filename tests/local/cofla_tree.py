"""A small tree in the layout of cante100, the open part of corpusCOFLA. The voices are SYNTHETIC, of cortado.synth."""

from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import soundfile

from cortado.synth.singer_performance import SAMPLE_RATE
from cortado.synth.singing import SingingPlan

# Track, singer as one of two spellings, style, family, suffix of the audio file.
TRACKS = (
    (1, "Camarón de la Isla", "Fandangos naturales", "Fandangos", "mp3"),
    (2, "Camarón de La Isla", "Fandangos de Huelva", "Fandangos", "wav"),
    (3, "Camarón de la Isla", "Martinete", "Tonas", "wav"),
    (5, "Antonio Mairena", "Toná grande", "Tonas", "mp3"),
    (17, "Antonio Mairena", "Martinete", "Tonas", "wav"),
    (18, "Antonio Mairena", "Debla", "Tonas", "wav"),
    (21, "Toronjo", "Fandangos de Toronjo", "Fandangos", "wav"),
    (100, "Antonio Mairena", "Soleares de Alcala", "Soleares", "wav"),
)


def metadata(tracks=TRACKS) -> str:
    """cante100Meta.xml."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<document>"]
    for number, artist, style, family, _ in tracks:
        lines += [
            f'<track id="{number}"><source><anthology>Made here</anthology></source>',
            f"<meta><artist>{escape(artist)}</artist><title>none</title><style>{escape(style)}</style></meta>",
            f"<manual_annotations><style_family>{escape(family)}</style_family></manual_annotations></track>",
        ]
    return "\n".join([*lines, "</document>\n"])


def make_cofla(top: Path, phrases: int = 1, tracks=TRACKS) -> Path:
    """The metadata, and cante100audio with each track: WAV of one channel or MP3 of two."""
    corpus = top / "cante 100"
    (corpus / "cante100audio").mkdir(parents=True)
    (corpus / "cante100Meta.xml").write_text(metadata(tracks), encoding="utf-8")
    names = sorted({artist.lower() for _, artist, *_ in tracks})
    plan = SingingPlan(num_singers=len(names), recordings_per_singer=len(tracks), num_songs=1, phrases_per_song=phrases)
    for place, (number, artist, style, _, suffix) in enumerate(tracks):
        samples = plan.render(plan.takes(plan.singers()[names.index(artist.lower())])[place]).samples
        path = corpus / "cante100audio" / f"{number:03d}_{artist.replace(' ', '')}_{style.split()[0]}.{suffix}"
        soundfile.write(path, np.stack([samples, samples / 2], axis=1) if suffix == "mp3" else samples, SAMPLE_RATE, format=suffix.upper())
    return corpus
