"""Statements to PostgreSQL in libpq's pipeline mode: as many as there are in one round trip.

A round trip costs this process about as much as all else that it does for a small statement: the thread gives up its core
and the interpreter's lock, and waits for both again. psycopg's own pipeline waits for the socket and sends with each
statement; here they leave together, with a BEGIN before them where a transaction is to begin.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Generator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from psycopg import Connection, Cursor, OperationalError
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import FeatureNotSupported, InvalidSqlStatementName, error_from_result
from psycopg.generators import fetch_many, send
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.types.numeric import Int8Dumper

Rows = list[tuple[Any, ...]]
PREPARED_MAX = 100  # statements of a connection that are prepared
_OUTDATED = FeatureNotSupported, InvalidSqlStatementName  # a table was changed, or somebody deallocated it


class Statement(NamedTuple):
    """SQL with a %s for each of its values, which are as psycopg takes them."""

    sql: str
    values: Sequence[Any]


_Key = tuple[bytes, tuple[int, ...]]  # a statement and the types of its values


class _Prepared:
    """What a connection has prepared: statements that come again and again are parsed and planned once."""

    def __init__(self, connection: Connection[Any]) -> None:
        self.connection = connection
        self.threshold = connection.prepare_threshold
        context = Cursor(connection)
        # By psycopg's own choice, a number's type depends on its size: a statement would be prepared once for each.
        context.adapters.register_dumper(int, Int8Dumper)
        self.transformer = Transformer(context)
        self.sent: OrderedDict[_Key, int] = OrderedDict()  # how often, those that are not prepared
        self.names: dict[_Key, bytes] = {}
        self.count = 0

    def is_due(self, key: _Key) -> bool:
        # None is forgotten for another one: PgBouncer knows no DEALLOCATE, and what comes with each turn is among the first.
        if self.threshold is None or len(self.names) >= PREPARED_MAX:
            return False
        sent = self.sent.pop(key, 0)
        if sent >= self.threshold:
            return True
        self.sent[key] = sent + 1
        if len(self.sent) > PREPARED_MAX:
            self.sent.popitem(last=False)
        return False

    def new_name(self) -> bytes:
        self.count += 1
        return b"statement_%d" % self.count

    def adapted(self, statement: Statement) -> tuple[_Key, Any]:
        values = self.transformer.dump_sequence(statement.values, _formats(len(statement.values)))
        return (_numbered(statement.sql), self.transformer.types or ()), values


@lru_cache(maxsize=1000)
def _formats(count: int) -> list[PyFormat]:
    return [PyFormat.TEXT] * count


def run(database: Any, statements: Sequence[Statement], *, commit: bool = False) -> list[Rows]:
    """Run the statements in this order, each seeing what those before it have done, and return the rows of each; with
    `commit` the transaction is committed with them. Where one fails those after it are not run, and its error is raised: in
    a transaction as after any failed statement, and outside of one nothing is left of those before it."""
    connection: Connection[Any] = database.connection
    prepared: _Prepared | None = getattr(database, "prepared", None)
    if prepared is None or prepared.connection is not connection:
        prepared = database.prepared = _Prepared(connection)
    ready = [prepared.adapted(one) for one in statements]
    with connection.lock:
        if connection.pgconn.status != ConnStatus.OK:
            raise OperationalError("the connection is closed")
        try:
            return connection.wait(_run(connection, prepared, ready, commit))
        except _OUTDATED:
            prepared.names.clear()
            raise


@lru_cache(maxsize=1000)
def _numbered(sql: str) -> bytes:
    first, *rest = sql.split("%s")
    return (first + "".join(f"${number}{part}" for number, part in enumerate(rest, 1))).encode()


def _run(
    connection: Connection[Any], prepared: _Prepared, ready: list[tuple[_Key, Any]], commit: bool
) -> Generator[Any, Any, list[Rows]]:
    pgconn = connection.pgconn
    pgconn.enter_pipeline_mode()
    try:
        begins = not connection.autocommit and pgconn.transaction_status == TransactionStatus.IDLE
        if begins:
            pgconn.send_query_params(_begin(connection), None)
        preparing = [_enqueue(pgconn, prepared, key, values) for key, values in ready]
        if commit:
            pgconn.send_query_params(b"COMMIT", None)
        pgconn.pipeline_sync()
        yield from send(pgconn)
        return (yield from _results(pgconn, prepared, begins, preparing, commit))
    finally:
        _leave(connection)


def _begin(connection: Connection[Any]) -> bytes:
    level = connection.isolation_level
    return b"BEGIN" if level is None else b"BEGIN ISOLATION LEVEL " + level.name.replace("_", " ").encode()


def _enqueue(pgconn: Any, prepared: _Prepared, key: _Key, values: Any) -> tuple[_Key, bytes] | None:
    """Returns the statement and its name where it is prepared now."""
    if name := prepared.names.get(key):
        pgconn.send_query_prepared(name, values)
        return None
    sql, types = key
    if not prepared.is_due(key):
        pgconn.send_query_params(sql, values, types)
        return None
    name = prepared.new_name()
    pgconn.send_prepare(name, sql, types)
    pgconn.send_query_prepared(name, values)
    return key, name


def _results(
    pgconn: Any, prepared: _Prepared, begins: bool, preparing: list[tuple[_Key, bytes] | None], commit: bool
) -> Generator[Any, Any, list[Rows]]:
    """Read all that comes back, in the order in which it was sent, and raise the first error."""
    failure: Any = None
    rows: list[Rows] = []
    if begins:
        result = yield from _next(pgconn)
        failure = _failed(result)
    for new in preparing:
        if new:
            result = yield from _next(pgconn)
            failure = failure or _failed(result)
            if result.status == ExecStatus.COMMAND_OK:
                key, name = new
                prepared.names[key] = name
        result = yield from _next(pgconn)
        failure = failure or _failed(result)
        rows.append([] if failure else _rows(prepared.transformer, result))
    if commit:
        result = yield from _next(pgconn)
        failure = failure or _failed(result)
    yield from fetch_many(pgconn)  # the end of the pipeline
    if failure:
        raise error_from_result(failure, encoding="utf-8")
    return rows


def _next(pgconn: Any) -> Generator[Any, Any, Any]:
    results = yield from fetch_many(pgconn)
    if len(results) != 1:
        raise OperationalError("the connection was lost")
    return results[0]


def _failed(result: Any) -> Any:
    return result if result.status == ExecStatus.FATAL_ERROR else None


def _rows(transformer: Any, result: Any) -> Rows:
    if not result.nfields:
        return []
    transformer.set_pgresult(result)
    return transformer.load_rows(0, result.ntuples, tuple)


def _leave(connection: Connection[Any]) -> None:
    """Out of pipeline mode. A connection of which something has not been read cannot be used any more."""
    if connection.pgconn.status != ConnStatus.OK:
        return
    try:
        connection.pgconn.exit_pipeline_mode()
    except OperationalError:
        connection.close()
