//! Rows in batches, each with an outcome of its own.

use super::*;

fn operation(kind: u64, row: &Row, existence: u64) -> Writer {
    let condition = Writer::default().number(1, existence);
    Writer::default().number(1, kind).bytes(2, &bytes(row)).message(3, &condition)
}

fn writes(table: &str, operations: &[Writer]) -> Writer {
    operations.iter().fold(Writer::default().text(1, table), |own, one| own.message(2, one))
}

/// Of each table its name, and of each row the code of its error or its columns.
fn outcomes(body: &[u8]) -> Vec<(String, Vec<String>)> {
    let of_row = |bytes| {
        let row = Message::read(bytes).unwrap();
        if row.number(1) == Some(0) {
            return row.message(2).unwrap().text(1).unwrap().to_owned();
        }
        assert!(row.message(3).is_ok(), "what it took is told");
        let shown = row.bytes(4).unwrap_or_default();
        if shown.is_empty() {
            return String::new();
        }
        plain_buffer::read(shown).unwrap().cells.into_iter().map(|cell| cell.name).collect()
    };
    let answer = Message::read(body).unwrap();
    let of_table = |bytes| {
        let table = Message::read(bytes).unwrap();
        (table.text(1).unwrap().to_owned(), table.all(2).map(of_row).collect())
    };
    answer.all(1).map(of_table).collect()
}

#[tokio::test]
async fn each_row_succeeds_or_fails_on_its_own() {
    let visit = with_table().await;
    for b in 0..2 {
        put(&visit, &row("x", b, &[("old", text("1"))])).await;
    }
    let new = |b| row("x", b, &[("new", text("2"))]);
    let own = writes(
        "t",
        &[
            operation(1, &new(0), 2),
            operation(1, &new(2), 2),
            operation(2, &new(0), 1),
            operation(3, &row("x", 1, &[]), 1),
        ],
    );
    let twice = Writer::default().message(1, &own);
    assert_eq!(refused(&visit, "BatchWriteRow", twice).await, (400, "OTSParameterInvalid".to_owned()));

    let own = writes(
        "t",
        &[operation(1, &new(2), 1), operation(2, &new(0), 1), operation(3, &row("x", 1, &[]), 1)],
    );
    let other = writes("nowhere", &[operation(1, &new(0), 0)]);
    let body = done(&visit, "BatchWriteRow", Writer::default().message(1, &own).message(1, &other)).await;
    let fails = "OTSConditionCheckFail";
    let expected = [("t", vec![fails, "", ""]), ("nowhere", vec!["OTSObjectNotExist"])];
    assert_eq!(
        outcomes(&body),
        expected.map(|(name, rows)| (name.to_owned(), rows.into_iter().map(str::to_owned).collect()))
    );

    let wanted = (0..3)
        .fold(Writer::default().text(1, "t").number(6, 1), |own, b| own.bytes(2, &bytes(&row("x", b, &[]))));
    let unknown = Writer::default().text(1, "nowhere").number(6, 1).bytes(2, &bytes(&row("x", 0, &[])));
    let body = done(&visit, "BatchGetRow", Writer::default().message(1, &wanted).message(1, &unknown)).await;
    let expected = [("t", vec!["newold", "", ""]), ("nowhere", vec!["OTSObjectNotExist"])];
    assert_eq!(
        outcomes(&body),
        expected.map(|(name, rows)| (name.to_owned(), rows.into_iter().map(str::to_owned).collect()))
    );
}

#[tokio::test]
async fn a_batch_has_a_row_at_least_and_so_many_at_the_most() {
    let visit = with_table().await;
    let invalid = (400, "OTSParameterInvalid".to_owned());
    assert_eq!(refused(&visit, "BatchWriteRow", Writer::default()).await, invalid);
    assert_eq!(refused(&visit, "BatchGetRow", Writer::default()).await, invalid);
    let of = |count: i64| {
        let own: Vec<Writer> = (0..count).map(|b| operation(1, &row("x", b, &[]), 0)).collect();
        Writer::default().message(1, &writes("t", &own))
    };
    assert_eq!(refused(&visit, "BatchWriteRow", of(201)).await, invalid);
    done(&visit, "BatchWriteRow", of(200)).await;
    let keys = |count: i64| {
        let own = Writer::default().text(1, "t").number(6, 1);
        let own = (0..count).fold(own, |own, b| own.bytes(2, &bytes(&row("x", b, &[]))));
        Writer::default().message(1, &own)
    };
    assert_eq!(refused(&visit, "BatchGetRow", keys(101)).await, invalid);
    let body = done(&visit, "BatchGetRow", keys(100)).await;
    assert_eq!(outcomes(&body)[0].1.len(), 100);
    let twice = Writer::default().message(1, &writes("t", &[operation(1, &row("x", 1, &[]), 0)]));
    let twice = twice.message(1, &writes("t", &[operation(1, &row("x", 2, &[]), 0)]));
    assert_eq!(refused(&visit, "BatchWriteRow", twice).await, invalid);
}
