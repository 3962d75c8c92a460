from widget import checks


def test_a_checkout_has_the_widget():
    assert checks.bundle(None) == []


def test_a_missing_widget_is_named():
    (finding,) = checks.bundle(None, (*checks.BUILT, "gone.js"))
    assert finding.is_serious()
    assert "gone.js" in finding.msg
