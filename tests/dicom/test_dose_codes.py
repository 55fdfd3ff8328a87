"""Meanings of the codes that are read are those of pydicom's dictionary of the standard."""

from pydicom.sr.codedict import codes

from xrayiq.dicom.dose_codes import MEANINGS


def test_meanings_are_those_of_the_standard():
    standard = {code.value: code.meaning for code in codes.DCM.concepts.values()}
    for value, meaning in MEANINGS.items():
        assert standard[value].removesuffix(" (mammo)").casefold() == meaning.casefold(), value
