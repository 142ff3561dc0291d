//! What a letter of news says: how much is new in which home. Pure, and knows no resident's name.

use crate::domain::access::Topic;

/// New entries of one topic about the people of one relative in one home.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    pub home: String,
    pub topic: Topic,
    pub people: usize,
    pub entries: usize,
}

/// `Willow House: 3 new entries about activities of the person you visit.`
pub fn line(news: &News) -> String {
    let entries = match news.entries {
        1 => "1 new entry".to_owned(),
        many => format!("{many} new entries"),
    };
    let people = match news.people {
        1 => "the person you visit".to_owned(),
        many => format!("{many} people you visit"),
    };
    format!("{}: {entries} about {} of {people}.", news.home, news.topic.words().to_lowercase())
}

/// `3 new entries on the family pages`.
pub fn subject(news: &[News]) -> String {
    match news.iter().map(|one| one.entries).sum::<usize>() {
        1 => "1 new entry on the family pages".to_owned(),
        many => format!("{many} new entries on the family pages"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_and_many_are_told_apart() {
        let news =
            |people, entries| News { home: "Willow House".into(), topic: Topic::Activities, people, entries };
        assert_eq!(line(&news(1, 1)), "Willow House: 1 new entry about activities of the person you visit.");
        assert_eq!(line(&news(2, 3)), "Willow House: 3 new entries about activities of 2 people you visit.");
        assert_eq!(subject(&[news(1, 1), news(1, 2)]), "3 new entries on the family pages");
        assert_eq!(subject(&[news(1, 1)]), "1 new entry on the family pages");
    }
}
