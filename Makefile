.PHONY: run test mutants
run: ; python3 manage.py up
test: ; python3 manage.py test
mutants: ; .venv/bin/python -m tests.mutants
