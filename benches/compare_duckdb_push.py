#!/usr/bin/env python3
"""The rows of `cargo bench --bench push` into DuckDB: one durable transaction for each push, one row for each key.

    pip install duckdb
    python3 benches/compare_duckdb_push.py

DuckDB gets the rows as lists of values in the same process, so that no network and no parsing counts against it. With
every push it commits, and the commit is on the disk.
"""

import pathlib
import tempfile
import time

import duckdb

ACCOUNTS = 200
START = 1_767_225_600
# Rows in a push, pushes; fewer of the small ones, for they take long.
COURSES = [(10_000, 20), (100, 300), (1, 1_000)]


def row(number):
    return (
        START + number // ACCOUNTS % 5_000_000,
        f"account-{number % ACCOUNTS:04}",
        "/v1/messages",
        f"event-{number}",
        number % 977,
        number * 37 % 1_000_003,
        12_300,
    )


def main():
    print(f"DuckDB {duckdb.__version__}\n\n| rows in a push | rows | rows/s |\n|---:|---:|---:|")
    for rows, pushes in COURSES:
        with tempfile.TemporaryDirectory() as folder:
            database = duckdb.connect(str(pathlib.Path(folder) / "push.duckdb"))
            database.execute(
                "CREATE TABLE usage (at BIGINT, account VARCHAR, endpoint VARCHAR, event VARCHAR, calls BIGINT, "
                "tokens BIGINT, cost BIGINT, PRIMARY KEY (account, at, endpoint, event))"
            )
            begun = time.perf_counter()
            for push in range(pushes):
                values = [row(number) for number in range(push * rows, (push + 1) * rows)]
                columns = list(zip(*values))
                database.execute(
                    "INSERT INTO usage SELECT unnest(?), unnest(?), unnest(?), unnest(?), unnest(?), unnest(?), unnest(?) "
                    "ON CONFLICT DO NOTHING",
                    [list(column) for column in columns],
                )
            took = time.perf_counter() - begun
            counted = database.execute("SELECT count(*) FROM usage").fetchone()[0]
            assert counted == rows * pushes, counted
            print(f"| {rows} | {counted} | {counted / took:,.0f} |")


if __name__ == "__main__":
    main()
