.PHONY: run test thorough mutants
run: ; python3 manage.py up
test: ; python3 manage.py test
thorough: ; python3 manage.py test tests --thorough --ignore=tests/faults --ignore=tests/assistant/admin/test_locks.py -n 2 --dist loadfile
mutants: ; .venv/bin/python -m tests.mutants
