from widget import checks


def test_a_checkout_has_the_widget():
    assert checks.bundle(None) == []


def test_a_missing_widget_is_named(monkeypatch):
    monkeypatch.setattr(checks, "BUILT", (*checks.BUILT, "gone.js"))
    (finding,) = checks.bundle(None)
    assert finding.is_serious()
    assert "gone.js" in finding.msg
