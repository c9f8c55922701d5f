from lgesynth_gui.cli import checks


def test_that_the_processor_really_computes():
    found = checks.device_check("cpu")
    assert found.ok
    assert "convolution" in found.found


def test_that_an_absent_device_is_one_sentence():
    found = checks.device_check("tpu")
    assert not found.ok
    assert found.found.startswith("There is no device 'tpu'.")
