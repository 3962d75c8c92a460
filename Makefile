.PHONY: run test
run: ; python3 manage.py up
test: ; python3 manage.py test
