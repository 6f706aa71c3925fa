//! Rows by a range of keys.

use super::*;

fn range(start: Vec<Cell>, end: Vec<Cell>, is_backward: bool) -> Writer {
    let bound = |key| bytes(&Row { key, cells: Vec::new() });
    Writer::default()
        .text(1, "t")
        .number(2, u64::from(is_backward))
        .number(5, 1)
        .bytes(7, &bound(start))
        .bytes(8, &bound(end))
}

fn least() -> Vec<Cell> {
    key(Value::Least, Value::Least)
}

fn most() -> Vec<Cell> {
    key(Value::Most, Value::Most)
}

/// The keys of the rows, and of the one to go on with.
async fn read(visit: &Visit, order: Writer) -> (Vec<String>, Option<String>) {
    let spelled = |row: &Row| {
        let parts = row.key.iter().map(|cell| match cell.value.as_ref().unwrap() {
            Value::Text(text) => text.clone(),
            other => format!("{other:?}").replace("Integer", ""),
        });
        parts.collect::<String>()
    };
    let answer = done(visit, "GetRange", order).await;
    let told = Message::read(&answer).unwrap();
    let rows = plain_buffer::read_all(told.required(2).unwrap()).unwrap();
    let next = told.bytes(3).map(|next| spelled(&plain_buffer::read(next).unwrap()));
    (rows.iter().map(spelled).collect(), next)
}

async fn with_rows() -> Visit {
    let visit = with_table().await;
    for (a, b) in [("y", 1), ("x", 10), ("x", -1), ("x", 2)] {
        put(&visit, &row(a, b, &[("c", Value::Integer(b))])).await;
    }
    visit
}

fn all(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[tokio::test]
async fn keys_are_in_order_column_by_column_in_either_direction() {
    let visit = with_rows().await;
    let forward = read(&visit, range(least(), most(), false)).await;
    assert_eq!(forward, (all(&["x(-1)", "x(2)", "x(10)", "y(1)"]), None));
    let backward = read(&visit, range(most(), least(), true)).await;
    assert_eq!(backward, (all(&["y(1)", "x(10)", "x(2)", "x(-1)"]), None));
}

#[tokio::test]
async fn the_start_is_in_the_range_and_the_end_is_not() {
    let visit = with_rows().await;
    let at = |b| key(text("x"), Value::Integer(b));
    assert_eq!(read(&visit, range(at(2), at(10), false)).await.0, ["x(2)"]);
    assert_eq!(read(&visit, range(at(10), at(2), true)).await.0, ["x(10)"]);
    let x = (key(text("x"), Value::Least), key(text("x"), Value::Most));
    assert_eq!(read(&visit, range(x.0, x.1, false)).await.0.len(), 3);
}

#[tokio::test]
async fn a_page_says_where_the_next_begins() {
    let visit = with_rows().await;
    let page = read(&visit, range(least(), most(), false).number(6, 3)).await;
    assert_eq!(page, (all(&["x(-1)", "x(2)", "x(10)"]), Some("y(1)".to_owned())));
    let last = read(&visit, range(key(text("y"), Value::Integer(1)), most(), false).number(6, 1)).await;
    assert_eq!(last, (all(&["y(1)"]), None));
    let back = read(&visit, range(most(), least(), true).number(6, 1)).await;
    assert_eq!(back, (all(&["y(1)"]), Some("x(10)".to_owned())));
}

#[tokio::test]
async fn an_answer_ends_after_four_mebibytes() {
    let visit = with_table().await;
    for b in 0..5 {
        put(&visit, &row("x", b, &[("c", Value::Binary(vec![7; 1_500_000]))])).await;
    }
    let page = read(&visit, range(least(), most(), false)).await;
    assert_eq!(page, (all(&["x(0)", "x(1)", "x(2)"]), Some("x(3)".to_owned())));
}

#[tokio::test]
async fn a_range_that_cannot_be_is_refused() {
    let visit = with_rows().await;
    let invalid = |message: &str| (400, "OTSParameterInvalid".to_owned(), message.to_owned());
    let wrong = sent(&visit, "GetRange", range(most(), least(), false)).await;
    assert_eq!(refusal(&wrong), invalid("Begin key must less than end key in FORWARD"));
    let wrong = sent(&visit, "GetRange", range(least(), most(), true)).await;
    assert_eq!(refusal(&wrong), invalid("Begin key must more than end key in BACKWARD"));
    let wrong = sent(&visit, "GetRange", range(least(), most(), false).number(6, 0)).await;
    assert_eq!(refusal(&wrong), invalid("The limit must be greater than 0."));
    // A row has no such value in its key.
    let unbounded = Row { key: key(text("x"), Value::Most), cells: Vec::new() };
    assert_eq!(refused(&visit, "PutRow", change(&unbounded, 0)).await, (400, "OTSInvalidPK".to_owned()));
}
