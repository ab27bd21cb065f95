//! The strings of a Rust source, without those in comments and in what is compiled for tests only.

const ONLY_IN_TESTS: &str = "#[cfg(test)]";

/// Each string with the number of its line.
pub(super) fn strings(source: &str) -> Vec<(usize, String)> {
    let chars: Vec<char> = source.chars().collect();
    let only_in_tests: Vec<char> = ONLY_IN_TESTS.chars().collect();
    let (mut at, mut line, mut depth, mut passed_over) = (0, 1, 0_usize, None);
    let mut found = Vec::new();
    while at < chars.len() {
        let begin = at;
        let next = chars.get(at + 1).copied();
        match chars[at] {
            '/' if next == Some('/') => at = position(&chars, at, |at| chars[at] == '\n'),
            '/' if next == Some('*') => at = position(&chars, at + 2, |at| chars[at..].starts_with(&['*', '/'])) + 2,
            'r' if !at.checked_sub(1).is_some_and(|before| is_of_word(chars[before]) && chars[before] != 'b') => {
                let quote = position(&chars, at + 1, |at| chars[at] != '#');
                if chars.get(quote) == Some(&'"') {
                    let end: Vec<char> = std::iter::once('"').chain(chars[at + 1..quote].iter().copied()).collect();
                    at = position(&chars, quote + 1, |at| chars[at..].starts_with(&end));
                    found.extend(passed_over.is_none().then(|| (line, chars[quote + 1..at].iter().collect())));
                    at += end.len();
                } else {
                    at += 1;
                }
            }
            '"' => {
                let mut text = String::new();
                at += 1;
                while at < chars.len() && chars[at] != '"' {
                    let is_escaped = chars[at] == '\\';
                    at += usize::from(is_escaped);
                    text.push(if is_escaped && chars[at] == 'n' { '\n' } else { chars[at] });
                    at += 1;
                }
                at += 1;
                found.extend(passed_over.is_none().then_some((line, text)));
            }
            '\'' if next == Some('\\') => at = position(&chars, at + 3, |at| chars[at] == '\'') + 1,
            '\'' if chars.get(at + 2) == Some(&'\'') => at += 3,
            '#' if chars[at..].starts_with(&only_in_tests) => {
                passed_over = passed_over.or(Some(depth));
                at += only_in_tests.len();
            }
            '(' | '[' | '{' => {
                depth += 1;
                at += 1;
            }
            closing @ (')' | ']' | '}') => {
                depth = depth.saturating_sub(1);
                passed_over = passed_over.filter(|outside| closing != '}' || *outside != depth);
                at += 1;
            }
            ';' => {
                passed_over = passed_over.filter(|outside| *outside != depth);
                at += 1;
            }
            _ => at += 1,
        }
        line += chars[begin..at.min(chars.len())].iter().filter(|char| **char == '\n').count();
    }
    found
}

fn is_of_word(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}

/// The first place from there on that is meant, or the end.
fn position(chars: &[char], from: usize, is_meant: impl Fn(usize) -> bool) -> usize {
    (from..chars.len()).find(|at| is_meant(*at)).unwrap_or(chars.len())
}

#[test]
fn strings_are_found_where_they_begin_and_those_of_tests_are_not() {
    let source = r###"
        /// A "comment".
        fn a<'a>() -> &'a str { let quote = '"'; let other = '\''; "one" }
        const B: &str = r#"two
        "lines""#;
        #[cfg(test)]
        fn c() -> [u8; 2] { "no"; [0; 2] }
        /* "no" */ const D: [&str; 2] = ["say \"three\"", "-- four\nselect"];
        #[cfg(test)]
        mod tests { fn e() { "no" } }
        fn f(bar: &str) { bar == "five" }
    "###;
    let found = strings(source);
    let expected =
        [(3, "one"), (4, "two\n        \"lines\""), (8, "say \"three\""), (8, "-- four\nselect"), (11, "five")];
    assert_eq!(found, expected.map(|(line, text)| (line, text.to_owned())));
}
