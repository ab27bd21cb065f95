//! How documents are named that another one took the place of.

/// Where documents are kept that another one took the place of.
pub(super) const ASIDE: &str = "set-aside";

/// The path under which a document of that path is kept, told from others by `which`.
pub(super) fn aside(path: &str, which: &str) -> String {
    match path.rsplit_once('.') {
        Some((name, kind)) if !kind.contains('/') => format!("{ASIDE}/{name}.{which}.{kind}"),
        Some(_) | None => format!("{ASIDE}/{path}.{which}"),
    }
}
