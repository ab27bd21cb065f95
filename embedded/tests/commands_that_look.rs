//! Commands that look at a database leave its tables as they are, whatever release they are of.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use support::{
    Shop,
    server::{command, printed},
};

/// All that look at what a database holds, or mend it.
const LOOKING: [&[&str]; 7] = [
    &["audit"],
    &["audit", "--all", "--json"],
    &["dlq", "list"],
    &["dlq", "show", "1"],
    &["dlq", "redrive", "--all"],
    &["dlq", "delete", "1", "--reason", "a test"],
    &["index", "rebuild"],
];
/// All others: they begin a shop or bring it up to date, or ask no table.
const OTHERS: [&[&str]; 8] = [
    &["serve"],
    &["demo"],
    &["token"],
    &["database-url"],
    &["catalog", "import"],
    &["replay"],
    &["postgres"],
    &["aws-local"],
];

/// The commands that the program has, as its help lists them, or those that begin with a word.
fn commands(shop: &Shop, word: Option<&str>) -> Vec<String> {
    let arguments: Vec<&str> = word.into_iter().chain(["--help"]).collect();
    let help = printed(shop, &arguments);
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names = listed.filter_map(|line| line.strip_prefix("  ")).filter(|line| !line.starts_with(' '));
    let names = names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help");
    names.map(str::to_owned).collect()
}

#[tokio::test]
async fn every_command_is_known_to_look_or_not_to() {
    let shop = Shop::open(0).await;
    let known = |name: &[&str]| LOOKING.iter().chain(&OTHERS).any(|arguments| arguments.starts_with(name));
    let words = commands(&shop, None);
    assert!(words.iter().any(|word| word == "audit"), "{words:?}");
    for word in words {
        assert!(known(&[&word]), "say above whether {word} looks");
        let has_more = LOOKING.iter().chain(&OTHERS).any(|arguments| {
            arguments.first() == Some(&&*word) && arguments.get(1).is_some_and(|next| !next.starts_with('-'))
        });
        let further = if has_more { commands(&shop, Some(&word)) } else { Vec::new() };
        for next in further {
            assert!(known(&[&word, &next]), "say above whether {word} {next} looks");
        }
    }
}

#[tokio::test]
async fn a_database_of_an_earlier_release_is_named_and_left_as_it_is() {
    let shop = Shop::open(0).await;
    shop.run("delete from _sqlx_migrations where version = (select max(version) from _sqlx_migrations)").await;
    let changes = shop.count("select count(*) from _sqlx_migrations").await;
    for arguments in LOOKING {
        let output = command(&shop, arguments);
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            !output.status.success() && complaint.contains("is of an earlier release"),
            "{arguments:?}: {complaint}"
        );
        assert_eq!(shop.count("select count(*) from _sqlx_migrations").await, changes);
    }
}

#[tokio::test]
async fn a_database_of_a_later_release_is_named_and_looked_at() {
    let shop = Shop::open(0).await;
    shop.run(
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         values (9999, 'later', true, '', 0)",
    )
    .await;
    assert!(printed(&shop, &["dlq", "list"]).contains("Nothing was set aside"));
    shop.run("insert into messages (queue, body) select 'index-dlq', '{\"n\": 1}' from generate_series(1, 2)").await;
    let id = shop.count("select min(id) from messages where queue = 'index-dlq'").await.to_string();
    let changes = shop.count("select count(*) from _sqlx_migrations").await;
    for (arguments, answer) in [
        (&["audit"][..], "2 messages are set aside"),
        (&["dlq", "list"], "index-dlq"),
        (&["dlq", "show", &id], "\"n\": 1"),
        (&["index", "rebuild"], "0 orders are indexed"),
        (&["dlq", "delete", &id, "--reason", "a test"], "is gone for good"),
        (&["dlq", "redrive", "--all"], "1 message(s) are back"),
    ] {
        let output = command(&shop, arguments);
        let (said, complaint) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success() && said.contains(answer), "{arguments:?}: {said}{complaint}");
        assert!(complaint.contains("9999 (later)"), "{arguments:?}: {complaint}");
        assert_eq!(shop.count("select count(*) from _sqlx_migrations").await, changes);
    }
}

#[tokio::test]
async fn documents_that_were_asked_for_and_are_not_there_are_no_clean_audit() {
    let shop = Shop::open(0).await;
    let looked_at = || {
        let report: serde_json::Value = serde_json::from_str(&printed(&shop, &["audit", "--json"])).unwrap();
        report["documents_looked_at"].clone()
    };
    for arguments in [&["audit", "--documents", "all"][..], &["audit", "--documents", "all", "--json"]] {
        let output = command(&shop, arguments);
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{complaint}");
        assert!(complaint.contains("SLUICE_DATA_DIR") && output.stdout.is_empty(), "{complaint}");
    }
    assert_eq!(looked_at(), false);
    std::fs::create_dir(shop.dir.path().join("documents")).unwrap();
    assert_eq!(looked_at(), true);
    assert!(printed(&shop, &["audit", "--documents", "all"]).contains("invoice_documents"));
}

#[tokio::test]
async fn a_clean_audit_says_what_is_set_aside_and_a_list_that_is_cut_how_much_more_there_is() {
    let shop = Shop::open(0).await;
    assert!(printed(&shop, &["audit"]).trim_end().ends_with("invariants hold"));
    shop.run("insert into messages (queue, body) select 'index-dlq', '{}' from generate_series(1, 1000)").await;
    assert!(printed(&shop, &["audit"]).trim_end().ends_with("1,000 messages are set aside: sluice dlq list"));
    assert!(!printed(&shop, &["dlq", "list"]).contains("more are set aside"));
    shop.run("insert into messages (queue, body) select 'void-dlq', '{}' from generate_series(1, 7)").await;
    assert!(printed(&shop, &["audit"]).contains("more than 1,000 messages are set aside"));
    assert!(printed(&shop, &["dlq", "list"]).contains("\n7 more are set aside than are listed"));
    assert!(!printed(&shop, &["dlq", "list", "--queue", "void"]).contains("more are set aside"));
    let listed = command(&shop, &["dlq", "list", "--json"]);
    assert_eq!(String::from_utf8_lossy(&listed.stdout).lines().count(), 1_000);
    assert!(String::from_utf8_lossy(&listed.stderr).contains("7 more are set aside"));
}

#[tokio::test]
async fn a_database_without_tables_stays_without() {
    let shop = Shop::open(0).await;
    shop.run("drop table _sqlx_migrations").await;
    for arguments in LOOKING {
        let output = command(&shop, arguments);
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && complaint.contains("nothing of Sluice yet"), "{arguments:?}: {complaint}");
        assert_eq!(shop.count("select count(*) from pg_tables where tablename = '_sqlx_migrations'").await, 0);
    }
}
