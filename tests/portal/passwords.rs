//! AU-1: which passwords are refused, and in which words. Length counts; nothing asks for signs.

use kinbridge::domain::accounts::{Context, Rules, Unfit};

fn context() -> Context {
    let known = ["Mary Jones", "mary.jones@willow.example", "Willow House Group", "Café Saint-Exupéry"];
    Context(known.map(str::to_owned).into())
}

fn fits(password: &str) -> Result<(), Unfit> {
    Rules::default().check(password, &context()).map(drop)
}

const GOOD: &[&str] = &[
    "teapot glacier violin",
    "correct horse battery staple",
    "kettle orbit mango",
    "quartz lantern meadow",
    "Three different words",
    "alllowercaseletterspuzzle",
    "THE LOUD WALRUS SINGS",
    "   spaces count too  ",
    "a b c d e f g h i j k w q",
    "no digits no signs here",
    "48291503726518449",
    "zß水🦀 éàü ñandú café",
    "пятнадцать верблюдов",
    "十五文字以上の長い合言葉を使います",
    "🦀🐢🦊🐝🦉🐙🦜🐌🦔🐬🦩🐡🦭🐞🦚",
    "violin, glacier; teapot!",
    "x9#Kd02!mQ7zLp4",
    "\tpasted\twith tabs in it",
    "summer breeze over hills",
    "my dog eats purple carpets",
    "mary likes anchovy pancakes",
    "welcome to nine lemon trees",
    "the password is a hedgehog",
    "qwerty is not my umbrella",
    "0x4f kettle 99 orbit",
    "e\u{301}te\u{301} sous un parapluie",
    "fifteen chars!!",
    "sixteen chars!!!",
];

const COMMON: &[&str] = &[
    "passwordpassword",
    "Password Password",
    "p4ssw0rdp4ssw0rd",
    "Pa55w0rd-Pa55w0rd!",
    "password1234567",
    "password12345678",
    "1234567password",
    "passwordqwerty1",
    "qwertyuiopasdfg",
    "QwertyUiopAsdfgh",
    "qwertyuiop[]asdfgh",
    "asdfghjklzxcvbnm",
    "mnbvcxzlkjhgfdsa",
    "1qaz2wsx3edc4rfv",
    "1q2w3e4r5t6y7u8i",
    "abcdefghijklmno",
    "zyxwvutsrqponml",
    "123456789012345",
    "1234567890123456",
    "987654321098765",
    "abcabcabcabcabc",
    "aaaaaaaaaaaaaaa",
    "aaaaaaaaaaaaaaab",
    "1111111111111111",
    "121212121212121",
    "letmein-welcome",
    "LetMeIn Welcome 1",
    "iloveyouiloveyou",
    "liverpool-liverpool",
    "manchesterunited",
    "Manchester United 1999",
    "ChristmasHoliday",
    "sunshineprincess",
    "december2026december",
    "Summer2026Winter2027",
    "administrator123",
    "superman-batman-1",
    "carehomemanager1",
    "residents residents",
    "welcomewelcome2026!",
    "changeme-changeme",
    "kinbridge kinbridge",
];

const PERSONAL: &[&str] = &[
    "mary jones mary jones",
    "MaryJones12345678",
    "jones.willow.house",
    "Willow House Group 1",
    "willow-house-2026!",
    "Kinbridge-Willow-26",
    "mary.jones@willow.house",
    "saint exupéry cafe",
    "m-a-r-y-j-o-n-e-s-1-2-3",
    "kinbridge-walrus",
];

const SHORT: &[&str] = &[
    "",
    "a",
    "teapot glacier",
    "14 characters!",
    "十四文字だけの合言葉です",
    "🦀🐢🦊🐝🦉🐙🦜🐌🦔🐬🦩🐡🦭🐞",
];

#[test]
fn the_table_of_passwords_holds() {
    let long = |n: usize| "kettle orbit ".repeat(n).chars().take(n).collect::<String>();
    let (sixty_four, thousand) = (long(64), long(1_024));
    let (most, too_many) = (long(4_096), long(4_097));
    let mut cases = 0;
    let mut expect = |passwords: &[&str], verdict: Result<(), Unfit>| {
        for password in passwords {
            assert_eq!(fits(password), verdict, "{password:?}");
            cases += 1;
        }
    };
    expect(GOOD, Ok(()));
    expect(&[&sixty_four, &thousand, &most], Ok(()));
    expect(SHORT, Err(Unfit::TooShort));
    expect(&[too_many.as_str()], Err(Unfit::TooLong));
    expect(COMMON, Err(Unfit::Common));
    expect(PERSONAL, Err(Unfit::Personal));
    assert!(cases >= 60, "{cases}");
    println!("{cases} of {cases} passwords were judged as the table says");
}

/// The deny list: its words in pairs and with digits are far more than 10,000 passwords.
#[test]
fn two_words_of_the_list_are_refused_whatever_digits_stand_around_them() {
    let words: Vec<&str> =
        include_str!("../../src/domain/accounts/common_words.txt").split_whitespace().collect();
    let mut refused = 0;
    for (at, first) in words.iter().enumerate().step_by(3) {
        let second = words[(at * 7 + 13) % words.len()];
        for digits in ["1", "123", "2026", "007"] {
            for password in [format!("{first}{second}{digits}"), format!("{digits}{first}-{second}")] {
                let folded = password.replace('-', "").len();
                if folded >= 15 {
                    assert_eq!(fits(&password), Err(Unfit::Common), "{password}");
                    refused += 1;
                }
            }
        }
    }
    let long_pairs = |first: &str| words.iter().filter(|second| first.len() + second.len() >= 14).count();
    let pairs: usize = words.iter().map(|first| long_pairs(first)).sum();
    assert!(refused > 100 && pairs * 10 > 10_000, "{refused} {pairs}");
}

/// The same letter in two forms of Unicode is the same password.
#[test]
fn composed_and_decomposed_letters_are_one_password() {
    let rules = Rules::default();
    let composed = rules.check("\u{e9}t\u{e9} sous un parapluie", &context()).unwrap();
    let decomposed = rules.check("e\u{301}te\u{301} sous un parapluie", &context()).unwrap();
    assert_eq!(composed, decomposed);
    // Compatibility forms stay apart: nothing typed is thrown away.
    let wide = rules.check("\u{ff4b}ettle orbit mango", &context()).unwrap();
    assert_ne!(wide, rules.check("kettle orbit mango", &context()).unwrap());
}

#[test]
fn an_operators_list_of_stolen_passwords_is_asked_too() {
    let file = std::env::temp_dir().join(format!("kinbridge-stolen-{}", std::process::id()));
    std::fs::write(&file, b"one\r\nteapot glacier violin\r\n\xff\xfe\nkettle orbit mango").unwrap();
    let rules = Rules { breached: Some(file.clone()), ..Rules::default() };
    let check = |password: &str| rules.check(password, &context()).map(drop);
    assert_eq!(check("teapot glacier violin"), Err(Unfit::Breached));
    assert_eq!(check("Kettle Orbit Mango"), Err(Unfit::Breached));
    assert_eq!(check("quartz lantern meadow"), Ok(()));
    std::fs::remove_file(file).unwrap();
    assert_eq!(check("quartz lantern meadow"), Err(Unfit::Unlisted));
}
