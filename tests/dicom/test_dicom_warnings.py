"""Warnings of other libraries, which may quote a patient, are silent in every thread."""

import threading
import warnings

import pytest

from xrayiq.dicom.faults import guarded


def test_a_thread_that_ends_does_not_wake_the_warnings_of_another():
    inside, leave, told = threading.Event(), threading.Event(), []

    def first():
        with guarded("first"):
            inside.set()
            leave.wait(10.0)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        thread = threading.Thread(target=first)
        thread.start()
        inside.wait(10.0)
        with guarded("second"):
            leave.set()
            thread.join()  # the first has put back what it found
            try:
                warnings.warn("quotes a patient", stacklevel=1)
            except UserWarning as warning:
                told.append(warning)
        assert told == []
        with pytest.raises(UserWarning):
            warnings.warn("the caller's filters are back", stacklevel=1)


def test_filters_come_back_whoever_ends_last():
    inside, leave = threading.Event(), threading.Event()

    def second():
        with guarded("second"):
            inside.set()
            leave.wait(10.0)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        before = list(warnings.filters)
        thread = threading.Thread(target=second)
        with guarded("first"):
            thread.start()
            inside.wait(10.0)
        leave.set()
        thread.join()
        assert list(warnings.filters) == before
