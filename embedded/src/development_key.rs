//! The development key that signs tokens: made once for a data folder, readable by its owner only.

use anyhow::{Context, bail};
use handlers::token::TokenKey;
use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

const BYTES: usize = 32;

/// The key of the folder; a new folder gets a new one.
///
/// # Errors
/// If the folder cannot be written, or the key is not one of ours.
pub fn development_key(data_dir: &Path) -> anyhow::Result<TokenKey> {
    let path = path_in(data_dir);
    let named = || format!("the development key {}", path.display());
    fs::create_dir_all(data_dir).with_context(|| format!("cannot make the folder {}", data_dir.display()))?;
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => make(&path).with_context(named)?,
        Err(error) => return Err(error).with_context(named),
    };
    if bytes.len() != BYTES {
        bail!("{} is damaged; delete it, and tokens made with it are void", named());
    }
    TokenKey::from_bytes(&bytes).with_context(named)
}

/// Whether the folder has its key already.
pub fn has_development_key(data_dir: &Path) -> bool {
    // One that cannot be looked at is there: reading it says what is wrong.
    path_in(data_dir).try_exists().unwrap_or(true)
}

fn path_in(data_dir: &Path) -> PathBuf {
    data_dir.join("development-key")
}

/// Written whole under another name first: two processes that start at once end up with one key.
fn make(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut key = vec![0; BYTES];
    fs::File::open("/dev/urandom")?.read_exact(&mut key)?;
    let draft = path.with_extension(std::process::id().to_string());
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(&key)?;
    file.sync_all()?;
    match fs::hard_link(&draft, path) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => {
            fs::remove_file(&draft)?;
            return Err(error.into());
        }
    }
    fs::remove_file(&draft)?;
    Ok(fs::read(path)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_folder_keeps_its_key_and_shows_it_to_nobody_else() {
        let folder = tempfile::tempdir().unwrap();
        development_key(folder.path()).unwrap();
        let path = folder.path().join("development-key");
        let first = fs::read(&path).unwrap();
        development_key(folder.path()).unwrap();
        assert_eq!(fs::read(&path).unwrap(), first);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_damaged_key_is_named_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("development-key");
        fs::write(&path, b"short").unwrap();
        let error = development_key(folder.path()).unwrap_err().to_string();
        assert!(error.contains("damaged"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), b"short");
    }
}
