//! The development key that signs tokens: made once for a data folder, readable by its owner only.

use anyhow::{Context, bail};
use handlers::token::TokenKey;
use std::{
    fs,
    io::{ErrorKind, Read, Write},
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
        Err(error) if error.kind() == ErrorKind::NotFound => make(&path, data_dir).with_context(named)?,
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

/// Written whole under another name first: two processes that start at once end up with one key. That name is by chance, and
/// gone if this fails: what a process left behind that was killed is in nobody's way.
fn make(path: &Path, folder: &Path) -> anyhow::Result<Vec<u8>> {
    let mut key = vec![0; BYTES];
    // The system's own source and not the port of chance, which may be foreseen: whoever knows the key is anybody.
    fs::File::open("/dev/urandom")?.read_exact(&mut key)?;
    // For its owner only, as all that this makes.
    let mut draft = tempfile::Builder::new().prefix("development-key.").tempfile_in(folder)?;
    draft.write_all(&key)?;
    draft.as_file().sync_all()?;
    match draft.persist_noclobber(path) {
        Ok(_) => {}
        Err(failed) if failed.error.kind() == ErrorKind::AlreadyExists => {}
        Err(failed) => return Err(failed.error.into()),
    }
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
    fn what_a_process_of_the_same_number_left_behind_keeps_nobody_out() {
        let folder = tempfile::tempdir().unwrap();
        // As release 0.1.0 left it on a full disk: in a container the next process has the same number.
        let left = folder.path().join(format!("development-key.{}", std::process::id()));
        fs::write(&left, b"half").unwrap();
        development_key(folder.path()).unwrap();
        assert!(left.exists() && has_development_key(folder.path()));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_key_that_cannot_be_made_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("development-key");
        // A link to nowhere is not found, and its name is taken all the same.
        std::os::unix::fs::symlink("nowhere", &path).unwrap();
        assert!(development_key(folder.path()).is_err());
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
