//! Excerpts of source text, for the pages that show the code behind them.

/// Returns the item or statement that begins in the first line with `start`, without its indentation.
///
/// Relies on the layout of rustfmt: an item ends before the next line that is not indented further, except for lines that
/// begin with a closing bracket.
pub(crate) fn excerpt(source: &str, start: &str) -> String {
    let mut lines = source.lines().skip_while(|line| !line.contains(start));
    let Some(first) = lines.next() else {
        return String::new();
    };
    let indentation = first.len() - first.trim_start().len();
    let belongs = |line: &&str| {
        let text = line.trim_start();
        text.is_empty()
            || line.len() - text.len() > indentation
            || text.starts_with([')', '}', ']'])
    };
    let rest = lines.take_while(belongs);
    let lines = std::iter::once(first).chain(rest);
    let text: Vec<&str> = lines
        .map(|line| line.get(indentation..).unwrap_or(""))
        .collect();
    text.join("\n").trim_end().to_owned()
}
