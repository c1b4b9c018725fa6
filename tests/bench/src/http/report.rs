//! Medians with their spread, and the rows of the tables.

use std::time::Duration;

use super::load::Round;

/// `median [least..greatest]`.
pub(crate) fn spread(values: &[f64], digits: usize) -> String {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (Some(least), Some(greatest)) = (sorted.first(), sorted.last()) else {
        return "-".to_owned();
    };
    format!(
        "{:.digits$} [{least:.digits$}..{greatest:.digits$}]",
        median(&sorted)
    )
}

fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    if sorted.len().is_multiple_of(2) {
        f64::midpoint(sorted[middle - 1], sorted[middle])
    } else {
        sorted[middle]
    }
}

/// The head of the table whose rows [`row`] makes.
pub(crate) const HEAD: &str = "| call | conn. | calls/s | p50 ms | p99 ms | server CPU us/call | bench CPU us/call | of the bare server |\n|---|---|---|---|---|---|---|---|";

/// A row: medians of the rounds. `yardstick` are the rounds of the bare server next to them, if compared.
pub(crate) fn row(name: &str, connections: usize, rounds: &[Round], yardstick: Option<&[Round]>) -> String {
    let each = |of: fn(&Round) -> f64| rounds.iter().map(of).collect::<Vec<_>>();
    let only = |of: fn(&Round) -> f64| {
        let mut sorted = each(of);
        sorted.sort_by(f64::total_cmp);
        median(&sorted)
    };
    let ratios = yardstick.map(|bare| {
        let ratios: Vec<_> = rounds
            .iter()
            .zip(bare)
            .map(|(ours, bare)| ours.rate / bare.rate)
            .collect();
        spread(&ratios, 2)
    });
    format!(
        "| {name} | {connections} | {} | {:.3} | {:.2} | {:.1} | {:.1} | {} |",
        spread(&each(|round| round.rate), 0),
        only(|round| millis(round.p50)),
        only(|round| millis(round.p99)),
        only(|round| round.cpu),
        only(|round| round.own_cpu),
        ratios.unwrap_or_default(),
    )
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_is_sorted_first() {
        assert_eq!(spread(&[3.0, 1.0, 2.0], 1), "2.0 [1.0..3.0]");
        assert_eq!(spread(&[4.0, 1.0], 2), "2.50 [1.00..4.00]");
        assert_eq!(spread(&[], 0), "-");
    }
}
