//! A resident's participations as a chart: bars in the page's own SVG, with a table of the same numbers beside it.
//! Pure: weeks in, coordinates out. Colours are classes, because the policy of the pages allows no inline style.

use crate::domain::activities::Week;
use crate::web::ui::when;

/// Units of the drawing.
const WIDTH: u32 = 48;
const GAP: u32 = 8;
const UNIT: u32 = 18;
const TOP: u32 = 10;
/// The highest bar that is drawn whole.
const MOST: u32 = 10;

/// The drawing and its table.
pub struct Chart {
    pub width: u32,
    pub height: u32,
    pub base: u32,
    pub bars: Vec<Bar>,
    /// The chart in one sentence, for those who do not see it.
    pub words: String,
}

/// One week.
pub struct Bar {
    pub x: u32,
    pub middle: u32,
    pub width: u32,
    /// Top and height of the part that took part, and of the part above it that declined.
    pub took: (u32, u32),
    pub declined: (u32, u32),
    pub took_part: u32,
    pub declines: u32,
    pub week: String,
    pub label: String,
    /// `4.3`, or empty.
    pub average: String,
}

impl Chart {
    pub fn new(weeks: &[Week]) -> Self {
        let highest =
            weeks.iter().map(|week| week.took_part + week.declined).max().unwrap_or(0).clamp(3, MOST);
        let base = TOP + highest * UNIT;
        let mut x = 0;
        let mut bars = Vec::with_capacity(weeks.len());
        for week in weeks {
            let took = week.took_part.min(highest);
            let declined = week.declined.min(highest - took);
            let top = base - took * UNIT;
            bars.push(Bar {
                x,
                middle: x + WIDTH / 2,
                width: WIDTH,
                took: (top, took * UNIT),
                declined: (top - declined * UNIT, declined * UNIT),
                took_part: week.took_part,
                declines: week.declined,
                week: format!("Week of {}", when::date(week.monday)),
                label: week.monday.format("%-d %b").to_string(),
                average: week
                    .average_tenths()
                    .map(|tenths| format!("{}.{}", tenths / 10, tenths % 10))
                    .unwrap_or_default(),
            });
            x += WIDTH + GAP;
        }
        let (took, declined) = weeks
            .iter()
            .fold((0, 0), |(took, declined), week| (took + week.took_part, declined + week.declined));
        let words = format!(
            "In the last {} weeks: took part {took} times, declined {declined} times. The table below has each week.",
            weeks.len()
        );
        Self { width: x.saturating_sub(GAP).max(1), height: base + 26, base, bars, words }
    }

    pub fn is_empty(&self) -> bool {
        self.bars.iter().all(|bar| bar.took_part == 0 && bar.declines == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_stand_on_the_base_and_never_leave_the_drawing() {
        let week = |took_part, declined| Week {
            monday: "2026-11-23".parse().unwrap(),
            took_part,
            declined,
            rated: 2,
            ratings: 9,
        };
        let chart = Chart::new(&[week(2, 1), week(0, 0), week(40, 7)]);
        for bar in &chart.bars {
            assert_eq!(bar.took.0 + bar.took.1, chart.base);
            assert_eq!(bar.declined.0 + bar.declined.1, bar.took.0);
            assert!(bar.declined.0 >= TOP && bar.x + bar.width <= chart.width);
        }
        assert_eq!((chart.bars[0].average.as_str(), chart.is_empty()), ("4.5", false));
        assert!(Chart::new(&[week(0, 0)]).is_empty());
        assert!(chart.words.contains("took part 42 times, declined 8 times"));
    }
}
