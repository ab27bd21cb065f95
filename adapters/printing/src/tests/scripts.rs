//! Text of any script is shown, measured and found again; what no font has costs a sign, and not the invoice.

use super::{
    named,
    opened::{Opened, open},
    party,
};
use crate::{fonts::Weight, render, text};
use proptest::prelude::*;
use workflows::billing::InvoiceDocument;

#[test]
fn no_line_is_wider_than_its_column_whatever_the_script() {
    for name in [
        "မြန်မာ ကြိုက်သည် လက်ဖက်ရည် ပန်းကန် ငြိမ်းချမ်းသော မြန်မာနိုင်ငံတော် ကြီးကျယ်ခမ်းနားသော လက်ဖက်ရည်ခွက်",
        "བོད་ཡིག ནོར་བུ བཀྲ་ཤིས བདེ་ལེགས རྒྱལ་ཁབ སྐྱིད་པོ བོད་ཡིག ནོར་བུ བཀྲ་ཤིས བདེ་ལེགས",
        "लाल चाय की केतली और छह प्यालों का सुंदर सेट, क्षत्रिय कारीगरों द्वारा निर्मित",
        "லட்சுமி கொங்குநாட்டு தேநீர் கோப்பைகள் மற்றும் தட்டுகளின் தொகுப்பு",
        "ശ്രീകൃഷ്ണപുരത്തെ ചായക്കപ്പുകളുടെയും പാത്രങ്ങളുടെയും ശേഖരം വലിയത്",
    ] {
        for width in [8_000, 12_000, 20_000] {
            let lines = text::wrap(name, Weight::Regular, width, 30, &mut text::Used::new());
            let widest = lines.iter().map(|line| line.width).max().unwrap();
            assert!(widest <= width, "{widest} > {width}: {name}");
        }
    }
}

#[test]
fn letters_that_reach_further_get_more_room() {
    let tall = |name: &str| {
        let lines = text::wrap(name, Weight::Regular, 100_000, 30, &mut text::Used::new());
        lines.iter().map(|line| line.above + line.below).sum::<i64>()
    };
    assert_eq!(tall("Tea & biscuits"), 0);
    assert!(tall("ကြိုက်ကြီး") > 100 && tall("བརྒྱུད") > 0, "{} {}", tall("ကြိုက်ကြီး"), tall("བརྒྱུད"));
}

#[test]
fn letters_that_were_taken_apart_are_put_together_for_the_page() {
    let opened = open(&named("\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af} Mu\u{308}ller"));
    assert!(opened.pages()[0].lines().any(|line| line == "한글 Müller"), "{}", opened.pages()[0]);
}

#[test]
fn every_script_we_have_a_font_for_is_shown() {
    for name in [
        "Åse Müller-Ó Briain, Čeněk Łukasz Ğ ş ő ₺ € £",
        "Ασύρματο πληκτρολόγιο",
        "Беспроводная клавиатура ЇЄ",
        "Bàn phím không dây tiếng Việt",
        "لوحة مفاتيح لاسلكية",
        "מקלדת אלחוטית",
        "คีย์บอร์ดไร้สาย",
        "वायरलेस कीबोर्ड क्षत्रिय",
        "ワイヤレスキーボード「日本語」",
        "无线键盘 繁體中文",
        "무선 키보드",
        "বাংলা தமிழ் తెలుగు ქართული Հայերեն አማርኛ",
        "ខ្មែរ ລາວ မြန်မာ සිංහල ગુજરાતી ਪੰਜਾਬੀ ಕನ್ನಡ മലയാളം",
        "Cafe\u{301} Zu\u{308}rich",
        "😀 ★ ☎ → 🎁 🫖",
        "ଓଡ଼ିଆ ནོར་བུ ދިވެހި ⵜⵉⴼⵉⵏⴰⵖ ᱥᱟᱱᱛᱟᱲᱤ ꯃꯤꯇꯩꯂꯣꯟ ᐃᓄᒃᑎᑐᑦ",
        "𠮷田 山﨑 𡈽屋 㐂",
        "\u{1112}\u{1161}\u{11ab}",
    ] {
        let opened = open(&named(name));
        let pages = opened.pages();
        assert!(!pages[0].contains('\u{fffd}'), "{name}:\n{}", pages[0]);
        assert!(opened.xml().contains(&format!("<ram:Name>{name}</ram:Name>")));
    }
}

#[test]
fn text_can_be_copied_out_of_the_page_in_any_script_without_reordering() {
    for name in ["Беспроводная клавиатура", "无线键盘", "무선 키보드", "Łódź", "Tiếng Việt"]
    {
        assert!(open(&named(name)).pages()[0].lines().any(|line| line == name), "{name}");
    }
    let hebrew: String = "מקלדת".chars().rev().collect();
    assert!(
        open(&named("מקלדת")).pages()[0].lines().any(|line| line == hebrew),
        "right to left is drawn from the left"
    );
}

#[test]
fn a_character_no_font_has_costs_a_box_and_not_the_invoice() {
    // A letter of a script long dead, between two that no font can have, in three places.
    let name = "Gift \u{10920} \u{e123}\u{10fffd} card \u{10920}";
    let rendered = render(&InvoiceDocument { buyer: party(name), ..named(name) }).unwrap();
    let opened = Opened::new(&rendered.pdf);
    assert!(opened.pages()[0].lines().any(|line| line == "Gift \u{fffd} \u{fffd}\u{fffd} card \u{fffd}"));
    assert!(opened.xml().contains(&format!("<ram:Name>{name}</ram:Name>")));
    assert_eq!(rendered.unprintable, ['\u{e123}', '\u{10920}', '\u{10fffd}'], "it is told, each once");
    assert!(render(&named("Čeněk 😀")).unwrap().unprintable.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_renders_to_a_readable_file_with_valid_xml(name in any::<String>(), city in "\\PC{0,60}") {
        let mut document = named(&name);
        document.buyer.city = city;
        let opened = open(&document);
        prop_assert_eq!(opened.pages().len(), 1);
        let valid = |char: char| matches!(char, '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..) && !matches!(char, '\u{7f}'..='\u{9f}');
        prop_assert!(opened.xml().chars().all(valid));
    }
}
