"""The full-text index over `Passage.words`, which holds what Python has made of the text: words, split at spaces.

SQLite: an FTS5 table that keeps no text of its own, kept in step by triggers, so that rows which go by a cascade leave
it too. The `ascii` tokenizer takes every character beyond ASCII for a letter, and so splits at our spaces alone. When a
later migration alters `Passage`, SQLite makes the table anew without its triggers: run these again then.
PostgreSQL: an index over the words as a tsvector, made without its parser for the same reason. What is written goes into
the index at once: measured, a list of pending entries makes the planner read the whole table instead.
"""

from django.db import migrations

SQLITE = (
    """CREATE VIRTUAL TABLE assistant_passage_words USING fts5(
        words, content='assistant_passage', content_rowid='id', tokenize='ascii', detail='none')""",
    """CREATE TRIGGER assistant_passage_added AFTER INSERT ON assistant_passage BEGIN
        INSERT INTO assistant_passage_words(rowid, words) VALUES (new.id, new.words);
    END""",
    """CREATE TRIGGER assistant_passage_removed AFTER DELETE ON assistant_passage BEGIN
        INSERT INTO assistant_passage_words(assistant_passage_words, rowid, words) VALUES ('delete', old.id, old.words);
    END""",
    """CREATE TRIGGER assistant_passage_changed AFTER UPDATE OF words ON assistant_passage BEGIN
        INSERT INTO assistant_passage_words(assistant_passage_words, rowid, words) VALUES ('delete', old.id, old.words);
        INSERT INTO assistant_passage_words(rowid, words) VALUES (new.id, new.words);
    END""",
    "INSERT INTO assistant_passage_words(assistant_passage_words) VALUES ('rebuild')",
)
POSTGRESQL = (
    """CREATE INDEX assistant_passage_words ON assistant_passage
        USING gin (array_to_tsvector(string_to_array(words, ' '))) WITH (fastupdate = off)""",
)
SQLITE_BACK = (
    "DROP TRIGGER assistant_passage_added",
    "DROP TRIGGER assistant_passage_removed",
    "DROP TRIGGER assistant_passage_changed",
    "DROP TABLE assistant_passage_words",
)
POSTGRESQL_BACK = ("DROP INDEX assistant_passage_words",)


def add(apps, schema_editor):
    for statement in POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement)


def remove(apps, schema_editor):
    for statement in POSTGRESQL_BACK if schema_editor.connection.vendor == "postgresql" else SQLITE_BACK:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("assistant", "0002_no_overlapping_appointments")]
    operations = [migrations.RunPython(add, remove)]
