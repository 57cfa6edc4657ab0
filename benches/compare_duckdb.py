#!/usr/bin/env python3
"""The standing questions to DuckDB, over the rows that the engine was measured on; both must give the same sums.

    pip install duckdb
    cargo bench --bench standing_questions -- 10 --keep rows.parquet
    python3 benches/compare_duckdb.py rows.parquet

DuckDB gets whole numbers for names, a ready column for the day, and the rows twice in memory, sorted by account and by
hour, so that its zone maps skip what a question does not need. Each question runs for a second, at least five times,
after one run that is not counted. CPU is that of all threads.
"""

import json
import pathlib
import resource
import statistics
import sys
import time

import duckdb


def halves(column, middle):
    return (
        f"sum({column}) FILTER (hour >= {middle}) AS now, "
        f"sum({column}) FILTER (hour < {middle}) AS before"
    )


def questions(end, account, endpoint):
    """Name, and the query whose first column is the sum to compare."""
    back = lambda days: end - days * 24
    both = "SELECT coalesce(sum(now), 0) + 3 * coalesce(sum(before), 0) FROM"
    return {
        "one account, 30 days by day": f"""
            SELECT sum(calls) FROM (SELECT day, sum(calls) AS calls FROM by_account
            WHERE account = {account} AND hour >= {back(30)} AND hour < {end} GROUP BY day)""",
        "one account, 90 days by endpoint, against the 90 before": f"""
            {both} (SELECT endpoint, {halves("cost", back(90))} FROM by_account
            WHERE account = {account} AND hour >= {back(180)} AND hour < {end} GROUP BY endpoint)""",
        "portfolio, 30 days against 30": f"""
            {both} (SELECT account, {halves("cost", back(30))},
            sum(calls) FILTER (hour >= {back(30)}) AS c1, sum(calls) FILTER (hour < {back(30)}) AS c0,
            sum(tokens) FILTER (hour >= {back(30)}) AS t1, sum(tokens) FILTER (hour < {back(30)}) AS t0
            FROM by_hour WHERE hour >= {back(60)} AND hour < {end} GROUP BY account)""",
        "movers, 30 days, all in order": f"""
            {both} (SELECT account, {halves("cost", back(30))} FROM by_hour
            WHERE hour >= {back(60)} AND hour < {end} GROUP BY account
            HAVING now IS DISTINCT FROM before ORDER BY abs(now - before) DESC)""",
        "12-week trends of all": f"""
            SELECT sum(calls) FROM (SELECT account, (hour - {back(84)}) // 168 AS week, sum(calls) AS calls FROM by_hour
            WHERE hour >= {back(84)} AND hour < {end} GROUP BY account, week)""",
        "totals of 400 days": f"""
            SELECT sum(cost), sum(calls), sum(tokens) FROM by_hour WHERE hour >= {back(400)} AND hour < {end}""",
        "health of all (polars: only its 28-day sums, last use and breadth)": f"""
            SELECT count(*) FROM (SELECT account, {halves("calls", back(28))}, max(hour), count(DISTINCT endpoint)
            FROM by_hour WHERE hour >= {back(56)} AND hour < {end} GROUP BY account)""",
        "one endpoint of all accounts, 30 days by day": f"""
            SELECT sum(tokens) FROM (SELECT day, sum(tokens) AS tokens FROM by_hour
            WHERE endpoint = {endpoint} AND hour >= {back(30)} AND hour < {end} GROUP BY day)""",
        "all accounts by model, 90 days against 90": f"""
            {both} (SELECT model, {halves("cost", back(90))} FROM by_hour
            WHERE hour >= {back(180)} AND hour < {end} GROUP BY model)""",
        "endpoint and model of one account, 60 days by hour": f"""
            SELECT sum(cost) FROM (SELECT hour, sum(cost) AS cost FROM by_account
            WHERE account = {account} AND endpoint = {endpoint} AND model = {endpoint // 2}
            AND hour >= {back(60)} AND hour < {end} GROUP BY hour)""",
        "one endpoint split by account, 30 days against 30": f"""
            {both} (SELECT account, {halves("cost", back(30))} FROM by_hour
            WHERE endpoint = {endpoint} AND hour >= {back(60)} AND hour < {end} GROUP BY account)""",
    }


def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measure(run):
    run()
    walls, began, used = [], time.perf_counter(), cpu()
    while len(walls) < 5 or time.perf_counter() - began < 1:
        start = time.perf_counter()
        run()
        walls.append(time.perf_counter() - start)
    return statistics.median(walls), (cpu() - used) / len(walls)


def shown(seconds):
    micros = seconds * 1e6
    if micros < 10:
        return f"{micros:.2f} µs"
    if micros < 1_000:
        return f"{micros:.0f} µs"
    return f"{micros / 1e3:.1f} ms"


def main():
    rows = pathlib.Path(sys.argv[1])
    told = json.loads(rows.with_suffix(".json").read_text())
    db = duckdb.connect()
    db.execute(f"CREATE TABLE by_account AS SELECT * FROM read_parquet('{rows}') ORDER BY account, hour")
    db.execute("CREATE TABLE by_hour AS SELECT * FROM by_account ORDER BY hour, account")
    count = db.execute("SELECT count(*) FROM by_hour").fetchone()[0]
    print(f"\nDuckDB {duckdb.__version__}, {count:,} rows\n")
    print("| question | engine CPU | DuckDB | CPU | DuckDB CPU / engine CPU |")
    print("|---|---:|---:|---:|---:|")
    asked = questions(told["end_hour"], told["account"], told["endpoint"])
    for one in told["questions"]:
        query = asked[one["name"]]
        run = lambda: db.execute(query).fetchall()
        answer = int(run()[0][0])
        assert answer == one["sum"], f"{one['name']}: DuckDB says {answer}, the engine {one['sum']}"
        wall, used = measure(run)
        engine = one["cpu_us"] / 1e6
        print(f"| {one['name']} | {shown(engine)} | {shown(wall)} | {shown(used)} | {used / engine:,.0f} |")


if __name__ == "__main__":
    main()
