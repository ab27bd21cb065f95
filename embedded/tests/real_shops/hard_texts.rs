//! Texts and parameters that programs trip over: of the Big List of Naughty Strings (M. Woolf,
//! github.com/minimaxir/big-list-of-naughty-strings, under the names of its sections), and cursors and limits as clients get
//! them wrong. A text that a reader can see is a name, is kept as it came, and can be
//! looked for; parameters are taken by their form alone.

use crate::{
    sending::{Open, changed, encoded},
    support::wait_until,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::StatusCode;
use serde_json::json;
use std::time::Duration;

pub(crate) const NAUGHTY: [(&str, &str); 48] = [
    ("Reserved Strings", "undefined"),
    ("Reserved Strings", "null"),
    ("Reserved Strings", "(null)"),
    ("Reserved Strings", "hasOwnProperty"),
    ("Reserved Strings", "then"),
    ("Reserved Strings", "\\"),
    ("Reserved Strings", "\\\\"),
    ("Numeric Strings", "0"),
    ("Numeric Strings", "$1.00"),
    ("Numeric Strings", "-1E+02"),
    ("Numeric Strings", "0x0"),
    ("Numeric Strings", "0xabad1dea"),
    ("Numeric Strings", "--1"),
    ("Numeric Strings", "NaN"),
    ("Numeric Strings", "1,000,000.00"),
    ("Numeric Strings", "2.2250738585072011e-308"),
    ("Numeric Strings", "123456789012345678901234567890123456789"),
    ("Special Characters", "<>?:\"{}|_+"),
    ("Special Characters", "!@#$%^&*()`~"),
    ("Unicode Symbols", "Ω≈ç√∫˜µ≤≥÷"),
    ("Unicode Symbols", "¡™£¢∞§¶•ªº–≠"),
    ("Unicode Symbols", "ЁЂЃЄЅІЇЈЉЊЋЌЍЎЏАБВГДЕЖЗ"),
    ("Unicode Subscript/Superscript/Accents", "⁰⁴⁵₀₁₂"),
    ("Unicode Subscript/Superscript/Accents", "ด้้้้้็็็็็้้้้้็็็็็้้้้้้้้็็็็็้้้้้"),
    ("Quotation Marks", "'\"'"),
    ("Quotation Marks", "\"''''\"'\""),
    ("Two-Byte Characters", "田中さんにあげて下さい"),
    ("Two-Byte Characters", "사회과학원 어학연구소"),
    ("Strings which contain two-byte letters", "表ポあA鷗ŒéＢ逍Üßªąñ丂㐀𠀀"),
    ("Special Unicode Characters Union", "찦차를 타고 온 펲시맨과 쑛다리 똠방각하"),
    ("Changing length when lowercased", "Ⱥ"),
    ("Japanese Emoticons", "(｡◕ ∀ ◕｡)"),
    ("Emoji", "👩🏽"),
    ("Emoji", "👨‍🦰 👨🏿‍🦰"),
    ("Regional Indicator Symbols", "🇺🇸🇷🇺🇸 🇦🇫🇦🇲🇸"),
    ("Unicode Numbers", "١٢٣"),
    ("Right-To-Left Strings", "הָיְתָהtestالصفحات التّحول"),
    ("Trick Unicode", "\u{2066}test\u{2067}"),
    ("Zalgo Text", "Ṱ̺̺̕o͞ ̷i̲̬͇̪͙n̝̗͕v̟̜̘̦͟o̶̙̰̠kè͚̮̺̪̹̱̤"),
    ("Unicode Upsidedown", "˙ɐnbᴉlɐ ɐuƃɐɯ ǝɹolop"),
    ("Script Injection", "<script>alert(0)</script>"),
    ("Script Injection", "\"><svg><script>/<@/>alert(1)</script>"),
    ("SQL Injection", "1;DROP TABLE users"),
    ("SQL Injection", "1'; DROP TABLE users-- 1"),
    ("Server Code Injection", "$(touch /tmp/blns.fail)"),
    ("Unwanted Interpolation", "%*.*s {0} $HOME ${jndi:ldap://a.example}"),
    ("File Inclusion", "../../../../../../../../../../../etc/passwd%00"),
    ("MSDOS/Windows Special Filenames", "COM1"),
];

/// Of which nothing is seen, or which steer a machine.
const NO_NAMES: [(&str, &str); 9] = [
    ("Reserved Strings", ""),
    ("Special Characters, C0", "a\u{1}\u{8}"),
    ("Special Characters, DEL and C1", "a\u{7f}\u{80}\u{9f}"),
    ("Special Characters, white space", "\u{2003}\u{3000}"),
    ("Special Characters, format characters", "\u{ad}\u{600}\u{200b}\u{2060}"),
    ("Special Characters, the byte order mark", "\u{feff}"),
    ("Special Characters, no character", "\u{fffe}"),
    ("Terminal Escape Codes", "Roses are \u{1b}[0;31mred\u{1b}[0m"),
    ("Terminal Escape Codes, the bell", "But now...\u{7}"),
];

#[tokio::test]
async fn a_naughty_text_is_a_name_is_kept_as_it_came_and_finds_its_order() {
    let open = Open::new().await;
    let mut ids = Vec::new();
    for (section, text) in NAUGHTY {
        let body = changed(|order| order["shipping_address"]["name"] = json!(text));
        let id = open.accepted(&format!("{section}: {text:?}"), &body).await;
        ids.push((id, text));
        for (operation, at) in [
            ("/v1/search", format!("/v1/search?q={}", encoded(text))),
            ("/v1/products", format!("/v1/products?cursor={}", URL_SAFE_NO_PAD.encode(text))),
        ] {
            assert_eq!(open.get(operation, &at).await.status, StatusCode::OK, "{section}: {text:?}");
        }
        let product = open.get("/v1/products/{sku}", &format!("/v1/products/{}", encoded(text))).await;
        assert_eq!(product.status, StatusCode::NOT_FOUND, "{section}: {text:?}");
    }
    for (section, text) in NO_NAMES {
        let body = changed(|order| order["shipping_address"]["name"] = json!(text));
        let complaints = open.refused(&format!("{section}: {text:?}"), &body).await;
        assert_eq!(complaints.len(), 1, "{section}: {complaints:?}");
        assert_eq!(complaints[0].0, "/shipping_address/name");
        let search = open.get("/v1/search", &format!("/v1/search?q={}", encoded(text))).await;
        assert_eq!(search.status, StatusCode::BAD_REQUEST, "{section}: {text:?}");
    }
    let all: Vec<_> = ids.iter().map(|(id, _)| *id).collect();
    open.shop.settled(&all, Duration::from_secs(60)).await;
    for (id, text) in &ids {
        let kept = sqlx::query_scalar::<_, String>("select shipping_address ->> 'name' from orders where id = $1");
        assert_eq!(kept.bind(id).fetch_one(open.shop.pool()).await.unwrap(), *text);
        assert_eq!(open.shop.status(*id).await, "confirmed", "{text:?}");
    }
    wait_until("search to show them all", Duration::from_secs(60), async || {
        let shown = open.shop.count("select count(*) from order_search where words is not null").await;
        if shown == i64::try_from(NAUGHTY.len()).unwrap() { Ok(()) } else { Err(format!("{shown}")) }
    })
    .await;
    for (id, text) in &ids {
        let found = open.orders(text).await;
        // Signs alone are no word, and find nothing rather than everything.
        let expected = text.chars().any(char::is_alphanumeric);
        assert_eq!(found.contains(id), expected, "{text:?} finds {} orders", found.len());
        assert!(expected || found.is_empty(), "{text:?} finds {} orders", found.len());
    }
    open.shop.audit().await;
}

#[tokio::test]
async fn parameters_are_taken_as_the_document_says() {
    let open = Open::new().await;
    let orders = "/v1/orders";
    for (query, status) in [
        ("", 200),
        ("cursor=", 200),
        ("cursor=AAAAAAAAAAAAAAAAAAAAAA", 200),
        ("cursor=AAAAAAAAAAAAAAAAAAAAAA%3D%3D", 400),
        ("cursor=AAAAAAAAAAAAAAAAAAAAAB", 400),
        ("cursor=0", 400),
        ("cursor=-1", 400),
        ("cursor=null", 400),
        ("cursor=undefined", 400),
        ("cursor=%00", 400),
        ("cursor=..%2F..%2Fetc%2Fpasswd", 400),
        ("cursor=00000000-0000-7000-8000-000000000000", 400),
        ("cursor=AA&cursor=AA", 400),
        ("cursor[]=AA", 400),
        ("limit=1", 200),
        ("limit=100", 200),
        ("limit=0", 400),
        ("limit=101", 400),
        ("limit=-1", 400),
        ("limit=", 400),
        ("limit=%2B5", 400),
        ("limit=%205", 400),
        ("limit=1.0", 400),
        ("limit=1e1", 400),
        ("limit=0x10", 400),
        ("limit=%EF%BC%95", 400),
        ("limit=NaN", 400),
        ("limit=2147483648", 400),
        ("limit=9223372036854775808", 400),
        ("limit=5;drop%20table%20orders", 400),
        ("status=confirmed", 200),
        ("status=CONFIRMED", 400),
        ("status=AAA", 400),
        ("status=confirmed%00", 400),
        ("page=2", 400),
        ("offset=10", 400),
    ] {
        assert_eq!(open.get(orders, &format!("{orders}?{query}")).await.status, status, "{query}");
    }
    for id in ["0", "null", "%00", "..%2F1", "00000000000070008000000000000000", "00000000-0000-7000-8000-000000000000"]
    {
        let answer = open.get("/v1/orders/{id}", &format!("/v1/orders/{id}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{id}");
    }
    for currency in ["AAA", "eur", "EU", "EURO", "XXX", "XTS", "DEM", "ITL", "BTC", "€", "", "978", " EUR"] {
        let complaints = open.refused(currency, &changed(|order| order["currency"] = json!(currency))).await;
        assert_eq!(complaints[0].0, "/currency", "{currency}");
    }
}
