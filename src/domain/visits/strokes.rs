//! What somebody drew with a finger, as points of whole numbers. Pure: what cannot be a drawing of ours is refused before
//! it is kept, and it is shown as lines only.

/// Characters of a drawing.
pub const LONGEST: usize = 64_000;
const MOST_STROKES: usize = 200;
/// Each way; the pad is three times as wide as it is high.
const MOST: u16 = 1000;

/// Lines, each of one point or more. As text: `120-40-130-44.300-90`, which a form carries as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Strokes {
    text: String,
    lines: Vec<Vec<(u16, u16)>>,
}

impl Strokes {
    /// None for what was not made by the page's script.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() {
            return Some(Self::default());
        }
        if text.len() > LONGEST {
            return None;
        }
        let lines: Option<Vec<Vec<(u16, u16)>>> = text.split('.').map(line).collect();
        let lines = lines.filter(|lines| lines.len() <= MOST_STROKES)?;
        Some(Self { text: text.to_owned(), lines })
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Each line as the points of an SVG `polyline`.
    pub fn polylines(&self) -> Vec<String> {
        let points = |line: &Vec<(u16, u16)>| -> String {
            // A line of one point has no length, and would not be seen.
            let only = line
                .first()
                .filter(|_| line.len() == 1)
                .map(|(x, y)| format!(" {},{y}", x.saturating_add(1)));
            let all: Vec<String> = line.iter().map(|(x, y)| format!("{x},{y}")).collect();
            all.join(" ") + only.as_deref().unwrap_or_default()
        };
        self.lines.iter().map(points).collect()
    }
}

fn line(text: &str) -> Option<Vec<(u16, u16)>> {
    let numbers: Option<Vec<u16>> = text.split('-').map(number).collect();
    let numbers = numbers.filter(|all| all.len().is_multiple_of(2))?;
    Some(numbers.chunks(2).filter_map(|pair| Some((*pair.first()?, *pair.last()?))).collect())
}

fn number(text: &str) -> Option<u16> {
    let plain = !text.is_empty() && text.chars().all(|sign| sign.is_ascii_digit());
    text.parse().ok().filter(|number| plain && *number <= MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_is_lines_of_whole_numbers() {
        let drawn = Strokes::parse("0-0-10-20.1000-333").unwrap();
        assert_eq!(drawn.polylines(), ["0,0 10,20", "1000,333 1001,333"]);
        assert_eq!(drawn.text(), "0-0-10-20.1000-333");
        assert!(Strokes::parse(" ").unwrap().is_empty());
    }

    #[test]
    fn what_is_no_drawing_or_too_much_is_refused() {
        let many = vec!["1-1"; 201].join(".");
        let long = vec!["100-100"; 8_001].join("-");
        for wrong in ["1", "1-2-3", "1001-0", "-1-2", "1--2", "a-b", "1-2.", "+1-2", "<svg>-1", &many, &long]
        {
            assert_eq!(Strokes::parse(wrong), None, "{}", wrong.get(..20).unwrap_or(wrong));
        }
        assert!(Strokes::parse(&vec!["1-1"; 200].join(".")).is_some());
    }
}
