from __future__ import annotations

import sys

import django

if __name__ == "__main__":
    django.setup()
    from tests.upgrades.check import check

    check(sys.argv[1:])
