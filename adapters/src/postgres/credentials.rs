//! Other credentials for the same database, while it is in use: passwords are changed without anybody starting anew.

use super::{Database, options};

impl Database {
    /// Whatever connects from now on does so by this URL. Connections that are open stay as they are: PostgreSQL asks for a
    /// password once.
    ///
    /// # Errors
    /// If the URL is none.
    pub fn connect_from_now_on_by(&self, url: &str) -> Result<(), sqlx::Error> {
        let options = options(url)?;
        for pool in self.pools() {
            pool.set_connect_options(options.clone());
        }
        Ok(())
    }
}
