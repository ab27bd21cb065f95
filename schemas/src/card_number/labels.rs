//! Words that people write before a number to say what it is. One alone proves nothing, as anybody may call a card an
//! account: it decides only where a number verifies as either.

/// The words before a number that are about it.
const MOST_WORDS: usize = 4;
/// Further back than this nothing is looked at.
const MOST_BYTES: usize = 120;

/// Whether the end of a text announces an account, or an official number of its kind, and no card.
pub(super) fn say_account(before: &str) -> bool {
    let near = before.get(before.floor_char_boundary(before.len().saturating_sub(MOST_BYTES))..).unwrap_or_default();
    let words = near.rsplit(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    // Behind another number begins what is said of that one.
    let words = words.take(MOST_WORDS).take_while(|word| !word.contains(char::is_numeric));
    let mut is_account = false;
    for word in words.map(str::to_lowercase) {
        if CARDS.iter().any(|card| word.contains(card)) {
            return false;
        }
        is_account |= ACCOUNTS.contains(&word.as_str());
    }
    is_account
}

/// In the languages of those whose numbers are known here, and of those who write to them.
const ACCOUNTS: [&str; 45] = [
    "account",
    "acct",
    "acc",
    "bank",
    "bankaccount",
    "iban",
    "id",
    "identity",
    "konto",
    "kontonr",
    "kontonummer",
    "bankkonto",
    "bankverbindung",
    "rekening",
    "rekeningnummer",
    "compte",
    "conto",
    "cuenta",
    "cta",
    "clabe",
    "ccc",
    "conta",
    "cnpj",
    "rachunek",
    "rachunku",
    "konta",
    "nrb",
    "giro",
    "giró",
    "számla",
    "számlaszám",
    "számlaszáma",
    "számlaszámom",
    "számlára",
    "bankszámla",
    "bankszámlaszám",
    "bankszámlaszáma",
    "szamla",
    "szamlaszam",
    "bankszamla",
    "bankszamlaszam",
    "účet",
    "račun",
    "cont",
    "счёт",
];

/// As they stand, or within a longer word.
const CARDS: [&str; 16] = [
    "card", "karte", "kaart", "carte", "carta", "tarjeta", "cartao", "cartão", "karta", "kartya", "kártya", "kort",
    "kredit", "credit", "visa", "maestro",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_right_before_a_number_say_what_it_is() {
        for text in
            ["Konto ", "Account no. ", "IBAN:", "Számlaszám: ", "bank account number = ", "12; CLABE ", "(cuenta) "]
        {
            assert!(say_account(text), "{text}");
        }
        for text in [
            "",
            "Lange Straße ",
            "the account is of another shop, ",
            "account 12, ",
            "card account ",
            "Bank, Visa ",
            "Kreditkartenkonto ",
            "accountant ",
            &format!("account{}", " ".repeat(200)),
        ] {
            assert!(!say_account(text), "{text}");
        }
    }
}
