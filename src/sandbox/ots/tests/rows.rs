//! Rows put, updated, deleted and read, one at a time.

use super::*;
use crate::sandbox::ots::plain_buffer::{DELETE_ALL, DELETE_ONE, INCREMENT};

const SECOND: i64 = 1_000;

#[tokio::test]
async fn a_row_comes_back_sorted_by_column_with_a_value_of_every_type() {
    let visit = with_table().await;
    let values = [
        ("text", text("中\0")),
        ("binary", Value::Binary((0..=255).collect())),
        ("integer", Value::Integer(i64::MIN)),
        ("double", Value::Double(-0.5)),
        ("boolean", Value::Boolean(true)),
    ];
    put(&visit, &row("x", -1, &values)).await;
    let mut expected: Vec<_> =
        values.map(|(name, value)| (name.to_owned(), value, visit.now() * SECOND)).to_vec();
    expected.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(got(&visit, "x", -1, 1).await, Some(expected));
    assert_eq!(got(&visit, "x", 1, 1).await, None);
    put(&visit, &row("x", -1, &[])).await;
    assert_eq!(got(&visit, "x", -1, 1).await, Some(Vec::new()));
}

#[tokio::test]
async fn an_update_keeps_as_many_versions_as_the_table() {
    let visit = with_table().await;
    let at = visit.now() * SECOND;
    for number in 0..3 {
        done(&visit, "UpdateRow", change(&row("x", 1, &[("c", Value::Integer(number))]), 0)).await;
        visit.clock.advance(1);
    }
    let version = |number, after: i64| ("c".to_owned(), Value::Integer(number), at + after * SECOND);
    assert_eq!(got(&visit, "x", 1, 9).await, Some(vec![version(2, 2), version(1, 1)]));
    assert_eq!(got(&visit, "x", 1, 1).await, Some(vec![version(2, 2)]));
    // At one stamp, which lies before the newest.
    let times = Writer::default().number(3, (at + SECOND).cast_unsigned());
    let asked = Writer::default().text(1, "t").bytes(2, &bytes(&row("x", 1, &[]))).message(4, &times);
    let answer = done(&visit, "GetRow", asked).await;
    let shown = plain_buffer::read(Message::read(&answer).unwrap().required(2).unwrap()).unwrap();
    assert_eq!(cells(&shown), [version(1, 1)]);
}

#[tokio::test]
async fn cells_are_deleted_added_to_and_put_in_one_update() {
    let visit = with_table().await;
    let at = visit.now() * SECOND;
    put(&visit, &row("x", 1, &[("all", text("1")), ("count", Value::Integer(40)), ("one", text("old"))]))
        .await;
    let cell =
        |name: &str, value, kind, stamp| Cell { name: name.to_owned(), value, kind: Some(kind), stamp };
    let mut update = row("x", 1, &[("new", text("n"))]);
    update.cells.push(cell("all", None, DELETE_ALL, None));
    update.cells.push(cell("count", Some(Value::Integer(2)), INCREMENT, None));
    update.cells.push(cell("fresh", Some(Value::Integer(7)), INCREMENT, None));
    update.cells.push(cell("one", None, DELETE_ONE, Some(at)));
    let told = Writer::default().number(1, 2).text(2, "count");
    let answer = done(&visit, "UpdateRow", change(&update, 1).message(4, &told)).await;
    let returned = plain_buffer::read(Message::read(&answer).unwrap().required(2).unwrap()).unwrap();
    assert_eq!(cells(&returned), [("count".to_owned(), Value::Integer(42), at)]);
    let expected = [("count", Value::Integer(42)), ("fresh", Value::Integer(7)), ("new", text("n"))];
    let expected = expected.map(|(name, value)| (name.to_owned(), value, at)).to_vec();
    assert_eq!(got(&visit, "x", 1, 9).await, Some(expected));

    let mut wrong = row("x", 1, &[]);
    wrong.cells.push(cell("new", Some(Value::Integer(2)), INCREMENT, None));
    assert_eq!(
        refused(&visit, "UpdateRow", change(&wrong, 0)).await,
        (400, "OTSParameterInvalid".to_owned())
    );
    let mut nothing = row("y", 1, &[]);
    nothing.cells.push(cell("all", None, DELETE_ALL, None));
    done(&visit, "UpdateRow", change(&nothing, 0)).await;
    assert_eq!(got(&visit, "y", 1, 1).await, None, "deleting cells makes no row");
}

#[tokio::test]
async fn a_condition_is_whether_the_row_is_there() {
    let visit = with_table().await;
    let (fails, one) = ((403, "OTSConditionCheckFail".to_owned()), row("x", 1, &[("c", text("1"))]));
    for action in ["PutRow", "UpdateRow"] {
        assert_eq!(refused(&visit, action, change(&one, 1)).await, fails);
    }
    assert_eq!(refused(&visit, "DeleteRow", change(&row("x", 1, &[]), 1)).await, fails);
    done(&visit, "PutRow", change(&one, 2)).await;
    assert_eq!(refused(&visit, "PutRow", change(&one, 2)).await, fails);
    let key = Writer::default().number(1, 1);
    let answer = done(&visit, "DeleteRow", change(&row("x", 1, &[]), 1).message(4, &key)).await;
    let returned = plain_buffer::read(Message::read(&answer).unwrap().required(2).unwrap()).unwrap();
    assert_eq!(returned, row("x", 1, &[]));
    assert_eq!(got(&visit, "x", 1, 1).await, None);
}

/// `name COMPARATOR value`, and whether rows without the column pass.
fn single(name: &str, comparator: u64, value: i64, lets_missing: bool) -> Writer {
    let value = [&[0][..], &value.to_le_bytes()].concat();
    let own = Writer::default().number(1, comparator).text(2, name).bytes(3, &value);
    let own = own.number(4, u64::from(!lets_missing)).number(5, 1);
    Writer::default().number(1, 1).message(2, &own)
}

fn composite(operator: u64, parts: &[Writer]) -> Writer {
    let own = parts.iter().fold(Writer::default().number(1, operator), |own, part| own.message(2, part));
    Writer::default().number(1, 2).message(2, &own)
}

#[tokio::test]
async fn a_condition_is_also_what_its_columns_hold() {
    let visit = with_table().await;
    let one = row("x", 1, &[("c", Value::Integer(5)), ("d", text("5"))]);
    put(&visit, &one).await;
    let is_five = || single("c", 1, 5, false);
    let cases = [
        (is_five(), true),
        (single("c", 2, 5, true), false),
        (single("c", 3, 4, false), true),
        (single("c", 4, 6, false), false),
        (single("c", 5, 5, false), false),
        (single("c", 6, 5, false), true),
        (single("d", 1, 5, false), false),
        (single("d", 2, 5, false), true),
        (single("e", 1, 5, true), true),
        (single("e", 1, 5, false), false),
        (single("c", 7, 0, false), true),
        (single("c", 8, 0, false), false),
        (composite(1, &[is_five()]), false),
        (composite(2, &[is_five(), single("d", 1, 5, false)]), false),
        (composite(3, &[is_five(), single("d", 1, 5, false)]), true),
    ];
    for (at, (filter, passes)) in cases.into_iter().enumerate() {
        let condition = Writer::default().number(1, 0).message(2, &filter);
        let order = Writer::default().text(1, "t").bytes(2, &bytes(&one)).message(3, &condition);
        let status = sent(&visit, "PutRow", order).await.status.as_u16();
        assert_eq!(status, if passes { 200 } else { 403 }, "case {at}");
    }
    let deep = (0..33).fold(is_five(), |inner, _| composite(1, &[inner]));
    let condition = Writer::default().number(1, 0).message(2, &deep);
    let order = Writer::default().text(1, "t").bytes(2, &bytes(&one)).message(3, &condition);
    assert_eq!(refused(&visit, "PutRow", order).await, (400, "OTSParameterInvalid".to_owned()));
}

#[tokio::test]
async fn cells_end_with_their_life() {
    let visit = Visit::new().await;
    done(&visit, "CreateTable", new_table("t", 86_400, 2)).await;
    put(&visit, &row("x", 1, &[("c", text("1"))])).await;
    visit.clock.advance(86_399);
    assert_eq!(got(&visit, "x", 1, 1).await.unwrap().len(), 1);
    visit.clock.advance(1);
    assert_eq!(got(&visit, "x", 1, 1).await, Some(Vec::new()));
}

#[tokio::test]
async fn who_names_columns_sees_them_alone() {
    let visit = with_table().await;
    put(&visit, &row("x", 1, &[("c", text("1")), ("d", text("2")), ("e", text("3"))])).await;
    let names = |more: Writer| {
        let visit = &visit;
        async move {
            let key = bytes(&row("x", 1, &[]));
            let bytes = more.text(1, "t").bytes(2, &key).number(5, 1);
            let answer = done(visit, "GetRow", bytes).await;
            let shown = Message::read(&answer).unwrap().required(2).unwrap().to_vec();
            (!shown.is_empty()).then(|| {
                let cells = plain_buffer::read(&shown).unwrap().cells;
                cells.into_iter().map(|cell| cell.name).collect::<Vec<_>>().join(",")
            })
        }
    };
    assert_eq!(names(Writer::default().text(3, "d").text(3, "f")).await.as_deref(), Some("d"));
    assert_eq!(names(Writer::default().text(3, "f")).await, None);
    assert_eq!(names(Writer::default().text(3, "f").text(3, "a")).await.as_deref(), Some(""));
    assert_eq!(names(Writer::default().text(8, "d")).await.as_deref(), Some("d,e"));
    assert_eq!(names(Writer::default().text(8, "c").text(9, "e")).await.as_deref(), Some("c,d"));
    assert_eq!(
        names(Writer::default().message(7, &single("c", 2, 1, false))).await.as_deref(),
        Some("c,d,e")
    );
    assert_eq!(names(Writer::default().message(7, &single("z", 1, 1, false))).await, None);
}
