//! What a server has written down, read beside it.

use rusqlite::Connection;

use super::Server;

impl Server {
    fn record(&self) -> Connection {
        Connection::open(self.home().database()).expect("the database can be opened beside the server")
    }

    /// How many rows a table has.
    pub(crate) fn rows(&self, table: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        self.record()
            .query_row(&sql, [], |row| row.get(0))
            .expect("the table exists")
    }

    /// The details of all events of this kind, oldest first.
    pub(crate) fn events(&self, kind: &str) -> Vec<String> {
        let database = self.record();
        let sql = "SELECT coalesce(detail, '') FROM audit_events WHERE kind = ?1 ORDER BY id";
        let mut query = database.prepare(sql).expect("events have kind and detail");
        let rows = query.query_map([kind], |row| row.get(0)).expect("it can be read");
        rows.map(|row| row.expect("a detail is a text")).collect()
    }

    /// Lets this many seconds pass for everybody's sign-in.
    pub(crate) fn age_sessions(&self, seconds: i64) {
        let sql = "UPDATE browser_sessions SET auth_time = auth_time - ?1";
        let aged = self.record().execute(sql, [seconds]).expect("sessions know when");
        assert!(aged > 0, "somebody is signed in");
    }

    /// Lets everything run out that is kept for the length of one sign-in.
    pub(crate) fn age_sign_ins(&self) {
        let database = self.record();
        let tables: Vec<String> = {
            let sql =
                "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c ON c.name = 'expires_at'
                       WHERE m.type = 'table'
                         AND m.name NOT IN ('grants', 'refresh_tokens', 'browser_sessions')";
            let mut query = database.prepare(sql).expect("the schema can be read");
            let rows = query.query_map([], |row| row.get(0)).expect("it can be read");
            rows.map(|row| row.expect("a table has a name")).collect()
        };
        let aged = tables.iter().map(|table| {
            let sql = format!("UPDATE {table} SET expires_at = 1");
            database.execute(&sql, []).expect("its rows can be aged")
        });
        assert!(aged.sum::<usize>() > 0, "something is under way: {tables:?}");
    }
}
