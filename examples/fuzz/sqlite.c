/*
 * "sqlite COUNT SYNC" makes COUNT transactions in /var/db/test.db with "PRAGMA synchronous=SYNC", and tells the number of
 * each once it is committed. Each changes two tables. "sqlite new" makes those. "sqlite" alone opens the database as it was left, checks it, and
 * tells the numbers that are in it; it exits with 0 where all is well.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sqlite3.h"

static sqlite3 *database;

static void fail(const char *what) {
  fprintf(stderr, "%s: %s\n", what, sqlite3_errmsg(database));
  exit(1);
}

static void run(const char *sql) {
  if (sqlite3_exec(database, sql, NULL, NULL, NULL) != SQLITE_OK) fail(sql);
}

static int print(void *unused, int count, char **values, char **names) {
  (void)unused, (void)count, (void)names;
  puts(values[0]);
  return 0;
}

static int is_ok(void *unused, int count, char **values, char **names) {
  (void)unused, (void)count, (void)names;
  if (strcmp(values[0], "ok") == 0 || strcmp(values[0], "1") == 0) return 0;
  fprintf(stderr, "the database is damaged: %s\n", values[0]);
  exit(1);
}

static void check(void) {
  if (sqlite3_exec(database, "PRAGMA integrity_check", is_ok, NULL, NULL) != SQLITE_OK) fail("integrity_check");
  /* What a transaction did to one table is there if and only if what it did to the other is. */
  const char *whole = "SELECT (SELECT total(n) FROM entry) = (SELECT sum FROM ledger)";
  if (sqlite3_exec(database, whole, is_ok, NULL, NULL) != SQLITE_OK) fail("ledger");
  if (sqlite3_exec(database, "SELECT n FROM entry ORDER BY n", print, NULL, NULL) != SQLITE_OK) fail("entry");
}

int main(int argc, char **argv) {
  if (sqlite3_open("/var/db/test.db", &database) != SQLITE_OK) fail("open");
  if (argc == 1) check();
  if (argc == 2) {
    run("CREATE TABLE entry (n INTEGER PRIMARY KEY, text TEXT); CREATE TABLE ledger (sum INTEGER);"
        "INSERT INTO ledger VALUES (0)");
  }
  char sql[256];
  if (argc == 3) {
    snprintf(sql, sizeof sql, "PRAGMA synchronous=%s", argv[2]);
    run(sql);
  }
  int count = argc == 3 ? atoi(argv[1]) : 0;
  for (int n = 1; n <= count; n++) {
    run("BEGIN");
    snprintf(sql, sizeof sql, "INSERT INTO entry VALUES (%d, printf('%%.*c', 700, 'a' + %d %% 26))", n, n);
    run(sql);
    snprintf(sql, sizeof sql, "UPDATE ledger SET sum = sum + %d", n);
    run(sql);
    run("COMMIT");
    printf("%d\n", n);
    fflush(stdout);
  }
  if (sqlite3_close(database) != SQLITE_OK) fail("close");
  exit(0);
}
