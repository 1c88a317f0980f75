"""Names of places in arks: colons, brackets and spaces in paths do not mislead."""

import pytest

from cortado.ark.rxfile import RxFile, parse_rxfile
from cortado.errors import CortadoError


@pytest.mark.parametrize(
    ("rxfile", "expected"),
    [
        ("x.ark:12", RxFile("x.ark", 12)),
        ("/a b/c:d.ark:0", RxFile("/a b/c:d.ark", 0)),
        ("final.mat", RxFile("final.mat", 0)),
        ("a:b", RxFile("a:b", 0)),
        ("x[1].ark:5", RxFile("x[1].ark", 5)),
        ("x.ark:5[0:199]", RxFile("x.ark", 5, (0, 199))),
        ("x.ark:5[0:199,2:3]", RxFile("x.ark", 5, (0, 199), (2, 3))),
        ("x.ark:5[:,2:3]", RxFile("x.ark", 5, None, (2, 3))),
        ("x.ark[3:4]", RxFile("x.ark", 0, (3, 4))),
        ("gunzip -c x.gz:5 |", RxFile("gunzip -c x.gz:5 |", 0)),
    ],
)
def test_places_are_understood(rxfile, expected):
    assert parse_rxfile(rxfile) == expected


@pytest.mark.parametrize("rxfile", ["", "x.ark:5[1]", "x.ark:5[1:2,3:4,5:6]", "x.ark:5[1:2:3]", "x.ark:5[1:]"])
def test_malformed_places_are_errors(rxfile):
    with pytest.raises(CortadoError):
        parse_rxfile(rxfile)
