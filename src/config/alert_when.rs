//! When a rule of alerts speaks: its condition, in the few words it is typed in.
//!
//! `band at risk` · `score below 50` · `score drops 15 within 7d` · `calls below usual by 50%` ·
//! `spend at 80% 100% of commitment` · `forecast above 5000` · `initiative idle 14d` · `initiative overdue` ·
//! `source silent 24h` · `churn above 60%`

use std::fmt;
use std::str::FromStr;

use crate::domain::Band;
use crate::domain::Metric;
use crate::domain::Money;
use crate::domain::Score;
use crate::domain::Stretch;

/// Days over which a drop of the score may be looked for.
const DROP_DAYS_MAX: u32 = 90;
/// Thresholds of one budget; more would be a chart, and no alert.
const STEPS_MAX: usize = 5;

/// What a rule watches for.
#[derive(Debug, Clone, PartialEq)]
pub enum AlertWhen {
    /// The health band falls to this one or below.
    Band(Band),
    /// The health score is below.
    Score(Score),
    /// The health score lost so many points within so many days.
    Drop {
        /// How many.
        points: Score,
        /// Whole days.
        within: Stretch,
    },
    /// Something unusual goes on.
    Unusual {
        /// Of what.
        metric: Metric,
        /// In which direction.
        side: UnusualSide,
        /// By how much of what is usual, at least.
        least: Percent,
    },
    /// The spend of the period reaches a part of the budget.
    Spend {
        /// Which parts, in rising order; at least one.
        steps: Vec<Percent>,
        /// Of what.
        budget: Budget,
    },
    /// The spend of the period is expected to end above the budget, or below it.
    Forecast {
        /// Whether above.
        above: bool,
        /// Above or below what.
        budget: Budget,
    },
    /// Nobody wrote anything about an open initiative for so long.
    Idle(Stretch),
    /// An open initiative is past its due day.
    Overdue,
    /// A source has not delivered for so long.
    Silent(Stretch),
    /// An account may fall silent with a probability above this.
    Churn(Percent),
}

/// In which direction something is unusual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnusualSide {
    /// Less than usual.
    Below,
    /// More than usual.
    Above,
    /// Either.
    Off,
}

impl UnusualSide {
    const ALL: [Self; 3] = [Self::Below, Self::Above, Self::Off];

    fn word(self) -> &'static str {
        match self {
            Self::Below => "below",
            Self::Above => "above",
            Self::Off => "off",
        }
    }
}

/// Whole percents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percent(pub u16);

impl Percent {
    /// As a part of a whole.
    #[must_use]
    pub fn share(self) -> f64 {
        f64::from(self.0) / 100.0
    }
}

/// `80%`.
impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0)
    }
}

impl FromStr for Percent {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.trim().trim_end_matches('%').trim_end().parse().ok();
        let fits = number.filter(|number| (1..=1_000).contains(number));
        fits.map(Self).ok_or_else(|| format!("“{text}” is not a part such as 80%"))
    }
}

/// What may be spent in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Budget {
    /// What the account committed to, in the period of its contract.
    Commitment,
    /// So much in each calendar month.
    Monthly(Money),
}

/// `commitment`, `5000`.
impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Commitment => f.write_str("commitment"),
            Self::Monthly(amount) => amount.fmt(f),
        }
    }
}

impl FromStr for Budget {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if text == "commitment" {
            return Ok(Self::Commitment);
        }
        let amount = text.parse::<Money>().ok().filter(|amount| *amount > Money::ZERO);
        amount.map(Self::Monthly).ok_or_else(|| {
            format!("“{text}” is no budget; write commitment, or an amount per month such as 5000")
        })
    }
}

impl AlertWhen {
    /// What kind of thing it watches, as the label of a metric.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Band(_) => "band",
            Self::Score(_) => "score",
            Self::Drop { .. } => "drop",
            Self::Unusual { .. } => "unusual",
            Self::Spend { .. } => "spend",
            Self::Forecast { .. } => "forecast",
            Self::Idle(_) => "idle",
            Self::Overdue => "overdue",
            Self::Silent(_) => "silent",
            Self::Churn(_) => "churn",
        }
    }
}

/// As it is typed.
impl fmt::Display for AlertWhen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = |above: bool| if above { "above" } else { "below" };
        match self {
            Self::Band(band) => write!(f, "band {band}"),
            Self::Score(score) => write!(f, "score below {score}"),
            Self::Drop { points, within } => write!(f, "score drops {points} within {within}"),
            Self::Unusual { metric, side, least } => {
                write!(f, "{} {} usual by {least}", metric.word(), side.word())
            }
            Self::Spend { steps, budget } => {
                let steps: Vec<String> = steps.iter().map(ToString::to_string).collect();
                write!(f, "spend at {} of {budget}", steps.join(" "))
            }
            Self::Forecast { above, budget } => write!(f, "forecast {} {budget}", side(*above)),
            Self::Idle(stretch) => write!(f, "initiative idle {stretch}"),
            Self::Overdue => f.write_str("initiative overdue"),
            Self::Silent(stretch) => write!(f, "source silent {stretch}"),
            Self::Churn(above) => write!(f, "churn above {above}"),
        }
    }
}

impl FromStr for AlertWhen {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.to_lowercase().replace([',', '_'], " ");
        let words: Vec<&str> = text.split_whitespace().collect();
        match words.as_slice() {
            ["band", band @ ..] => band.join(" ").parse().and_then(Self::band),
            ["score", "below", score] => score.parse().map(Self::Score),
            ["score", "drops", points, "within", within] => Self::drop(points, within),
            ["spend", "at", steps @ .., "of", budget] => Self::spend(steps, budget),
            ["forecast", side @ ("above" | "below"), budget] => {
                Ok(Self::Forecast { above: *side == "above", budget: budget.parse()? })
            }
            ["initiative", "idle", stretch] => positive(stretch).map(Self::Idle),
            ["initiative", "overdue"] => Ok(Self::Overdue),
            ["source", "silent", stretch] => positive(stretch).map(Self::Silent),
            ["churn", "above", share] => share.parse().map(Self::Churn),
            [metric, side, "usual", "by", least] => {
                let known = UnusualSide::ALL.into_iter().find(|known| known.word() == *side);
                let side =
                    known.ok_or_else(|| format!("“{side}” usual is not known; write below, above or off"))?;
                Ok(Self::Unusual { metric: metric.parse()?, side, least: least.parse()? })
            }
            _ => Err(format!(
                "“{text}” is no condition. Write it as one of: band at risk; score below 50; score drops 15 within 7d; \
                 calls below usual by 50%; spend at 80% 100% of commitment; forecast above 5000; initiative idle 14d; \
                 initiative overdue; source silent 24h; churn above 60%"
            )),
        }
    }
}

impl AlertWhen {
    fn band(band: Band) -> Result<Self, String> {
        if band == Band::Healthy {
            return Err("an account cannot fall to healthy; write band watch or band at risk".into());
        }
        Ok(Self::Band(band))
    }

    fn drop(points: &str, within: &str) -> Result<Self, String> {
        let (points, within) = (points.parse::<Score>()?, positive(within)?);
        let days = within.whole_days();
        if within != Stretch::days(days) || days > DROP_DAYS_MAX {
            return Err(format!("a drop is looked for within whole days, at most {DROP_DAYS_MAX}; write 7d"));
        }
        Ok(Self::Drop { points, within })
    }

    fn spend(steps: &[&str], budget: &str) -> Result<Self, String> {
        let steps: Vec<Percent> = steps.iter().map(|step| step.parse()).collect::<Result<_, _>>()?;
        if steps.is_empty() || steps.len() > STEPS_MAX || !steps.is_sorted_by(|one, two| one < two) {
            return Err(format!(
                "parts of a budget are given in rising order, {STEPS_MAX} at most, as 50% 80% 100%"
            ));
        }
        Ok(Self::Spend { steps, budget: budget.parse()? })
    }
}

fn positive(text: &str) -> Result<Stretch, String> {
    let stretch: Stretch = text.parse()?;
    if stretch == Stretch::NONE { Err(format!("“{text}” is no time at all")) } else { Ok(stretch) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(typed: &str, shown: &str) {
        let told = typed.parse::<AlertWhen>().map_or_else(|wrong| wrong, |when| when.to_string());
        assert_eq!(told, shown);
        if let Ok(when) = typed.parse::<AlertWhen>() {
            assert_eq!(shown.parse(), Ok(when), "it reads back");
        }
    }

    #[test]
    fn a_condition_reads_back_as_typed() {
        check("Band at_risk", "band at risk");
        check("score below 50", "score below 50");
        check("score drops 15 within 1w", "score drops 15 within 7d");
        check("calls below usual by 50%", "calls below usual by 50%");
        check("cost off usual by 25", "cost off usual by 25%");
        check("spend at 50%, 80%, 100% of commitment", "spend at 50% 80% 100% of commitment");
        check("spend at 90% of 5000", "spend at 90% of 5000");
        check("forecast below commitment", "forecast below commitment");
        check("initiative idle 2w", "initiative idle 14d");
        check("initiative overdue", "initiative overdue");
        check("source silent 24h", "source silent 1d");
        check("churn above 60%", "churn above 60%");
    }

    #[test]
    fn mistakes_say_what_would_be_right() {
        check("band healthy", "an account cannot fall to healthy; write band watch or band at risk");
        check("score drops 15 within 36h", "a drop is looked for within whole days, at most 90; write 7d");
        check(
            "spend at 80% 50% of commitment",
            "parts of a budget are given in rising order, 5 at most, as 50% 80% 100%",
        );
        check(
            "spend at 80% of much",
            "“much” is no budget; write commitment, or an amount per month such as 5000",
        );
        check("calls beyond usual by 5%", "“beyond” usual is not known; write below, above or off");
        check("churn above much", "“much” is not a part such as 80%");
        check("source silent 0h", "“0h” is no time at all");
        assert!("sunshine".parse::<AlertWhen>().unwrap_err().contains("source silent 24h"));
    }
}
