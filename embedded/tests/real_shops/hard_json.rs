//! Bodies that parsers get wrong, by the names they have in JSONTestSuite (N. Seriot, "Parsing JSON is a Minefield",
//! github.com/nst/JSONTestSuite): `y_` must be taken and `n_` refused; for `i_` the answer here stands beside it. Each stands
//! in an order that is good but for it, so that nothing else decides.

use crate::{
    sending::{Open, changed},
    support::new_id,
};
use reqwest::StatusCode;

const TAKEN: bool = true;
const REFUSED: bool = false;

/// In place of the quantity; taken where it is a whole number from 1 to 1,000,000.
const NUMBERS: [(&str, &str, bool); 38] = [
    ("y_number", "123", TAKEN),
    ("y_number_0e+1, above zero", "1e+1", TAKEN),
    ("y_number_0e1, above zero", "1e1", TAKEN),
    ("y_number_after_space", " 4", TAKEN),
    ("y_number_int_with_exp", "20e1", TAKEN),
    ("y_number_real_capital_e", "1E2", TAKEN),
    ("y_number_real_capital_e_pos_exp", "1E+2", TAKEN),
    ("y_number_real_fraction_exponent, whole", "123.4e1", TAKEN),
    ("y_structure_lonely_int, with a point", "42.0", TAKEN),
    ("y_number_real_neg_exp, not whole", "1e-2", REFUSED),
    ("y_number_simple_real, not whole", "123.456789", REFUSED),
    ("y_number_minus_zero", "-0", REFUSED),
    ("y_number_negative_one", "-1", REFUSED),
    ("y_number_real_exponent, too many", "123e45", REFUSED),
    ("n_number_++", "++1234", REFUSED),
    ("n_number_+1", "+1", REFUSED),
    ("n_number_-01", "-01", REFUSED),
    ("n_number_-NaN", "-NaN", REFUSED),
    ("n_number_.-1", ".-1", REFUSED),
    ("n_number_0.3e+", "0.3e+", REFUSED),
    ("n_number_1_000", "1 000", REFUSED),
    ("n_number_1.0e", "1.0e", REFUSED),
    ("n_number_1eE2", "1eE2", REFUSED),
    ("n_number_2.e3", "2.e3", REFUSED),
    ("n_number_expression", "1+2", REFUSED),
    ("n_number_hex_1_digit", "0x1", REFUSED),
    ("n_number_infinity", "Infinity", REFUSED),
    ("n_number_NaN", "NaN", REFUSED),
    ("n_number_starting_with_dot", ".123", REFUSED),
    ("n_number_U+FF11_fullwidth_digit_one", "\u{ff11}", REFUSED),
    ("n_number_with_alpha_char", "1.8011670033376514H-308", REFUSED),
    ("n_number_with_leading_zero", "012", REFUSED),
    ("i_number_double_huge_neg_exp", "123.456e-789", REFUSED),
    ("i_number_huge_exp", "0.4e00669999999999999999999999999999999999999999999999999999999999969999999006", REFUSED),
    ("i_number_neg_int_huge_exp", "-1e+9999", REFUSED),
    ("i_number_pos_double_huge_exp", "1.5e+9999", REFUSED),
    ("i_number_too_big_pos_int", "100000000000000000000", REFUSED),
    ("i_number_very_big_negative_int", "-237462374673276894279832749832423479823246327846", REFUSED),
];

/// In place of the buyer's name, quotes and all.
const STRINGS: [(&str, &str, bool); 31] = [
    ("y_string_accepted_surrogate_pair", r#""\ud801\udc37""#, TAKEN),
    ("y_string_allowed_escapes, those of no control character", r#""\"\\\/""#, TAKEN),
    ("y_string_backslash_and_u_escaped_zero", r#""\\u0000""#, TAKEN),
    ("y_string_comments", r#""a/*b*/c/*d//e""#, TAKEN),
    ("y_string_double_escape_a", r#""\\a""#, TAKEN),
    ("y_string_last_surrogates_1_and_2, with a letter", r#""a\uDBFF\uDFFE""#, TAKEN),
    ("y_string_nonCharacterInUTF-8_U+FFFF, with a letter", "\"a\u{ffff}\"", TAKEN),
    ("y_string_one-byte-utf-8", r#""\u002c""#, TAKEN),
    ("y_string_pi", "\"π\"", TAKEN),
    ("y_string_reservedCharacterInUTF-8_U+1BFFF", "\"\u{1bfff}\"", TAKEN),
    ("y_string_u+2028_line_sep, with a letter", "\"a\u{2028}\"", TAKEN),
    ("y_string_unicode_2", "\"⍂㈴⍂\"", TAKEN),
    ("y_string_unicodeEscapedBackslash", r#""\u005C""#, TAKEN),
    ("y_string_utf8", "\"€𝄞\"", TAKEN),
    ("y_string_escaped_control_character", r#""\u0012""#, REFUSED),
    ("y_string_null_escape", r#""\u0000""#, REFUSED),
    ("y_string_with_del_character", "\"a\u{7f}a\"", REFUSED),
    ("y_string_space", r#"" ""#, REFUSED),
    ("y_string_unicode_U+200B_ZERO_WIDTH_SPACE", r#""\u200B""#, REFUSED),
    ("y_string_unicode_U+FFFE_nonchar", r#""\uFFFE""#, REFUSED),
    ("n_string_1_surrogate_then_escape_u", r#""\uD800\u""#, REFUSED),
    ("n_string_accentuated_char_no_quotes", "é", REFUSED),
    ("n_string_escape_x", r#""\x00""#, REFUSED),
    ("n_string_escaped_emoji", r#""\🌀""#, REFUSED),
    ("n_string_invalid_backslash_esc", r#""\a""#, REFUSED),
    ("n_string_single_quote", "'single quote'", REFUSED),
    ("n_string_start_escape_unclosed", r#""\"#, REFUSED),
    ("n_string_unescaped_newline", "\"new\nline\"", REFUSED),
    ("n_string_unescaped_tab", "\"\t\"", REFUSED),
    ("i_string_1st_valid_surrogate_2nd_invalid", r#""\uD888\u1234""#, REFUSED),
    ("i_string_inverted_surrogates_U+1D11E", r#""\uDd1e\uD834""#, REFUSED),
];

async fn is_as_said(open: &Open, name: &str, body: Vec<u8>, taken: bool) {
    let answer = open.submit(&new_id().to_string(), body).await;
    let expected = if taken { StatusCode::ACCEPTED } else { StatusCode::BAD_REQUEST };
    assert_eq!(answer.status, expected, "{name}: {}", answer.text);
}

#[tokio::test]
async fn numbers_and_strings_are_taken_and_refused_as_the_suite_of_hard_json_says() {
    let open = Open::new().await;
    let good = changed(|_| ()).to_string();
    for (name, number, taken) in NUMBERS {
        let body = good.replacen("\"quantity\":1", &format!("\"quantity\":{number}"), 1);
        is_as_said(&open, name, body.into_bytes(), taken).await;
    }
    for (name, string, taken) in STRINGS {
        is_as_said(&open, name, good.replacen("\"Zoë Müller\"", string, 1).into_bytes(), taken).await;
    }
    let own = "select count(*) from submissions";
    let taken = NUMBERS.iter().chain(&STRINGS).filter(|(_, _, taken)| *taken).count();
    assert_eq!(open.shop.count(own).await, i64::try_from(taken).unwrap(), "what was refused left a trace");
}

#[tokio::test]
async fn structures_are_taken_and_refused_as_the_suite_of_hard_json_says() {
    let open = Open::new().await;
    let good = changed(|_| ()).to_string();
    let without_end = good.strip_suffix('}').unwrap();
    let member = |with: &str| good.replacen("\"currency\":", with, 1);
    for (name, body, taken) in [
        ("y_structure_whitespace_array", format!(" \t\r\n{good} "), TAKEN),
        ("y_structure_trailing_newline", format!("{good}\n"), TAKEN),
        ("y_object_escaped_null_in_key, of a letter", member(r#""\u0063urrency":"#), TAKEN),
        ("y_object_long_strings, a space beside each colon", good.replace("\":", "\" : "), TAKEN),
        ("y_object_duplicated_key", member("\"currency\":\"EUR\",\"currency\":"), REFUSED),
        ("i_structure_UTF-8_BOM_empty_object", format!("\u{feff}{good}"), REFUSED),
        ("n_object_trailing_comma", format!("{without_end},}}"), REFUSED),
        ("n_object_two_commas_in_a_row", good.replacen(",\"", ",,\"", 1), REFUSED),
        ("n_object_unquoted_key", member("currency:"), REFUSED),
        ("n_object_single_quote", good.replace('"', "'"), REFUSED),
        ("n_object_missing_colon", member("\"currency\""), REFUSED),
        ("n_object_double_colon", member("\"currency\"::"), REFUSED),
        ("n_object_comma_instead_of_colon", member("\"currency\","), REFUSED),
        ("n_object_trailing_comment", format!("{good}/**/"), REFUSED),
        ("n_object_trailing_comment_slash_open", format!("{good}//"), REFUSED),
        ("n_object_with_trailing_garbage", format!("{good}#"), REFUSED),
        ("n_object_non_string_key_but_huge_number_instead", member("9999E9999:1,\"currency\":"), REFUSED),
        ("n_structure_object_followed_by_closing_object", format!("{good}}}"), REFUSED),
        ("n_structure_double_array", format!("{good}{good}"), REFUSED),
        ("n_structure_unclosed_object", without_end.to_owned(), REFUSED),
        ("n_structure_unclosed_array", good.replacen("}]", "}", 1), REFUSED),
        ("n_structure_array_with_extra_array_close", good.replacen("}]", "}]]", 1), REFUSED),
        ("n_structure_null-byte-outside-string", format!("{good}\0"), REFUSED),
        ("n_structure_U+2060_word_joined", format!("\u{2060}{good}"), REFUSED),
        ("n_structure_whitespace_formfeed", format!("\u{c}{good}"), REFUSED),
        ("n_structure_single_star", "*".to_owned(), REFUSED),
        ("n_structure_angle_bracket_null", "<null>".to_owned(), REFUSED),
        ("n_structure_capitalized_True", "True".to_owned(), REFUSED),
        ("n_structure_ascii-unicode-identifier", "aå".to_owned(), REFUSED),
        ("n_structure_open_array_object", "[{\"\":".repeat(20_000), REFUSED),
        ("n_structure_100000_opening_arrays", "[".repeat(100_000), REFUSED),
        ("n_structure_no_data", String::new(), REFUSED),
    ] {
        is_as_said(&open, name, body.into_bytes(), taken).await;
    }
    // What is no UTF-8 at all.
    for (name, bytes) in [
        ("i_string_invalid_utf-8", &b"\xff"[..]),
        ("i_string_overlong_sequence_2_bytes", b"\xc0\xaf"),
        ("i_string_overlong_sequence_6_bytes_null", b"\xfc\x80\x80\x80\x80\x80"),
        ("i_string_iso_latin_1", b"\xe9"),
        ("i_string_truncated-utf-8", b"\xe0\xff"),
        ("i_string_UTF-8_invalid_sequence, a surrogate", b"\xed\xa0\x80"),
        ("i_string_lone_utf8_continuation_byte", b"\x81"),
        ("i_string_not_in_unicode_range", b"\xf4\xbf\xbf\xbf"),
    ] {
        let (before, behind) = good.split_once("Zoë").unwrap();
        is_as_said(&open, name, [before.as_bytes(), bytes, behind.as_bytes()].concat(), REFUSED).await;
    }
    let utf_16: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
    is_as_said(&open, "i_string_utf16LE_no_BOM", utf_16, REFUSED).await;
}
