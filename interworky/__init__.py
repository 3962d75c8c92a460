import gc

# Of the garbage collector: container objects made, more than are let go of, until it looks at the youngest, and how often
# it does that until it looks at the next. Loading the product makes half a million that stay: looking at them as often as
# Python does was a tenth of the time. A turn makes some thousand and leaves no cycles worth looking for every time.
gc.set_threshold(10_000, 20, 20)

from .celery import app as celery_app  # noqa: E402

__all__ = ["celery_app"]
