//! One clock: whatever SQL judges by time, it judges by `sluice_now()`, which a test can shift. Nothing else asks the server
//! for its time: no statement of a crate, no migration, and nothing that the migrations left in the database. Tests may:
//! a hand in the tables has no clock to heed.

use super::shop::Shop;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Made before there was the one clock; what they set by default was altered since.
const OLDER: [&str; 7] = ["0001", "0002", "0003", "0004", "0005", "0006", "0007"];
/// Where the one clock is made.
const CLOCK: &str = "0008_leases.sql";

/// What asks PostgreSQL for the time.
const WORDS: [&str; 15] = [
    "now()",
    "now ()",
    "current_timestamp",
    "current_time",
    "current_date",
    "clock_timestamp",
    "statement_timestamp",
    "transaction_timestamp",
    "localtimestamp",
    "localtime",
    "timeofday",
    // As moments these are read as the time that it is.
    "'now'",
    "'today'",
    "'tomorrow'",
    "'yesterday'",
];

fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, ending, found);
        } else if path.extension().is_some_and(|extension| extension == ending) {
            found.push(path);
        }
    }
}

/// The folders of all crates, as the workspace lists them.
pub(super) fn crates(root: &Path) -> Vec<PathBuf> {
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let members = manifest.split_once("\nmembers = [").unwrap().1.split_once(']').unwrap().0;
    members
        .split(',')
        .map(|member| member.trim().trim_matches('"'))
        .filter(|member| !member.is_empty())
        .map(|member| root.join(member))
        .collect()
}

/// Lines that ask for the server's time. In Rust `now()` is asked of something, and so is that of another word's end.
fn asking(text: &str) -> Vec<&str> {
    let stands_alone = |line: &str, at: usize| {
        let before = line[..at].chars().next_back();
        line[at..].starts_with('\'')
            || !before.is_some_and(|before| before.is_alphanumeric() || "_.:$".contains(before))
    };
    text.lines()
        .filter(|line| !line.trim_start().starts_with("--") && !line.trim_start().starts_with("//"))
        .filter(|line| !line.contains("fn now()"))
        .filter(|line| {
            let line = line.to_lowercase();
            let asks = WORDS.iter().any(|word| line.match_indices(word).any(|(at, _)| stands_alone(&line, at)));
            asks || line.contains("pg_catalog.now")
        })
        .collect()
}

#[test]
fn no_statement_asks_for_the_time_but_by_the_one_clock() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = Vec::new();
    for folder in crates(root) {
        for (name, ending) in [("src", "rs"), ("sql", "sql"), ("migrations", "sql")] {
            let folder = folder.join(name);
            if folder.is_dir() {
                files(&folder, ending, &mut found);
            }
        }
    }
    for folder in ["adapters/sql", "load-tests/sql", "schemas/migrations", "adapters/src", "embedded/runtime/src"] {
        let folder = root.join(folder);
        assert!(found.iter().any(|path| path.starts_with(&folder)), "nothing of {} is looked at", folder.display());
    }
    let wrong: Vec<String> = found
        .iter()
        .filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy();
            let of_tests = name.contains("tests") || path.components().any(|part| part.as_os_str() == "tests");
            !of_tests && name != CLOCK && !OLDER.iter().any(|older| name.starts_with(&format!("{older}_")))
        })
        .flat_map(|path| {
            let text = fs::read_to_string(path).unwrap();
            asking(&text).into_iter().map(|line| format!("{}: {}", path.display(), line.trim())).collect::<Vec<_>>()
        })
        .collect();
    assert!(wrong.is_empty(), "sluice_now() is the clock:\n{}", wrong.join("\n"));
}

#[test]
fn a_statement_that_asks_for_the_server_s_time_is_found() {
    let asks = [
        "where visible_at <= now()",
        "  set at = NOW() + x",
        "default current_timestamp,",
        "pg_catalog.now()",
        "look_at < now ()",
        "until < 'now'::timestamptz",
        "until < timestamptz'TODAY'",
    ];
    let does_not = ["visible_at <= sluice_now()", "let now = clock.now();", "Instant::now()", "-- what now() says"];
    asks.iter().for_each(|line| assert_eq!(asking(line), [*line]));
    does_not.iter().for_each(|line| assert!(asking(line).is_empty(), "{line}"));
}

/// What asks for the time in an expression as PostgreSQL says it.
const ASKS: &str =
    "~* '(^|[^_a-z])(now *\\(|current_(time|date)|(clock|statement|transaction)_timestamp|local_?time|timeofday)'";

#[tokio::test]
async fn no_column_is_given_a_time_but_by_the_one_clock() {
    let shop = Shop::empty().await;
    let by_default = format!(
        "select coalesce(string_agg(d.adrelid::regclass || '.' || a.attname, ', '), '')
         from pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
         where d.adrelid <> '_sqlx_migrations'::regclass and pg_get_expr(d.adbin, d.adrelid) {ASKS}"
    );
    assert_eq!(shop.value::<String>(&by_default).await, "");
    let by_the_clock = "select count(*) from pg_attrdef where pg_get_expr(adbin, adrelid) = 'sluice_now()'";
    assert!(shop.value::<i64>(by_the_clock).await >= 7);
}

/// Of every migration, the oldest too: what a later one replaced is no longer there.
#[tokio::test]
async fn nothing_that_the_database_keeps_asks_for_the_time_but_the_one_clock() {
    let shop = Shop::empty().await;
    shop.run("create function asks() returns timestamptz language sql stable as 'select Now()'").await;
    let kept = format!(
        "with ours as (
             select oid from pg_namespace where nspname !~ '^(pg_|information_schema)'
         ),
         kept as (
             select proname as name, prosrc as says from pg_proc where pronamespace in (select oid from ours)
             union all
             select tgname, pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
             union all
             select conname, pg_get_constraintdef(oid) from pg_constraint where connamespace in (select oid from ours)
             union all
             select relname, case relkind when 'i' then pg_get_indexdef(oid) else pg_get_viewdef(oid) end
             from pg_class where relkind in ('i', 'v', 'm') and relnamespace in (select oid from ours)
         )
         select coalesce(string_agg(name, ', ' order by name), '') from kept where says {ASKS}"
    );
    assert_eq!(shop.value::<String>(&kept).await, "asks, sluice_now");
}
