//! Tables made, described, changed and deleted.

use super::*;

#[tokio::test]
async fn a_table_is_described_as_it_was_made_and_changed() {
    let visit = Visit::new().await;
    let made = new_table("t", 86_400, 3);
    done(&visit, "CreateTable", made).await;
    assert_eq!(
        refused(&visit, "CreateTable", new_table("t", -1, 1)).await,
        (409, "OTSObjectAlreadyExist".to_owned())
    );
    let options = Writer::default().number(2, 5);
    done(&visit, "UpdateTable", Writer::default().text(1, "t").message(3, &options)).await;
    let body = done(&visit, "DescribeTable", Writer::default().text(1, "t")).await;
    let told = Message::read(&body).unwrap();
    let (meta, options) = (told.message(1).unwrap(), told.message(3).unwrap());
    assert_eq!(meta.text(1).unwrap(), "t");
    let columns: Vec<_> = meta.all(2).map(|column| Message::read(column).unwrap()).collect();
    let columns: Vec<_> = columns.iter().map(|one| (one.text(1).unwrap(), one.number(2).unwrap())).collect();
    assert_eq!(columns, [("a", 2), ("b", 1)]);
    assert_eq!((options.signed(1), options.number(2)), (Some(86_400), Some(5)));
    assert_eq!(told.message(2).unwrap().signed(2), Some(visit.now()));
    assert_eq!(told.number(4), Some(1), "it is active");
}

#[tokio::test]
async fn tables_are_their_instances_own() {
    let visit = with_table().await;
    done(&visit, "CreateTable", new_table("s", -1, 1)).await;
    let body = done(&visit, "ListTable", Writer::default()).await;
    assert_eq!(Message::read(&body).unwrap().texts(1).unwrap(), ["s", "t"]);
    let elsewhere = "lab.cn-beijing.ots.aliyuncs.com";
    let heard = call(&visit, &visit.user(), (elsewhere, "ListTable"), Vec::new(), 0);
    let answer = visit.send(&heard).await;
    assert_eq!((answer.status.as_u16(), answer.body.len()), (200, 0));
}

#[tokio::test]
async fn a_deleted_table_takes_its_rows_with_it() {
    let visit = with_table().await;
    put(&visit, &row("x", 1, &[("c", text("old"))])).await;
    done(&visit, "DeleteTable", Writer::default().text(1, "t")).await;
    let gone = refused(&visit, "DeleteTable", Writer::default().text(1, "t")).await;
    assert_eq!(gone, (404, "OTSObjectNotExist".to_owned()));
    done(&visit, "CreateTable", new_table("t", -1, 2)).await;
    assert_eq!(got(&visit, "x", 1, 1).await, None);
}

#[tokio::test]
async fn a_table_that_cannot_be_is_not_made() {
    let visit = Visit::new().await;
    let invalid = (400, "OTSParameterInvalid".to_owned());
    for wrong in [
        new_table("1t", -1, 1),
        new_table("", -1, 1),
        new_table("t-1", -1, 1),
        new_table("t", 86_399, 1),
        new_table("t", -1, 0),
    ] {
        assert_eq!(refused(&visit, "CreateTable", wrong).await, invalid);
    }
    let column = |name: &str, kind| Writer::default().text(1, name).number(2, kind);
    let of = |columns: &[Writer]| {
        let meta =
            columns.iter().fold(Writer::default().text(1, "t"), |meta, column| meta.message(2, column));
        let unit = Writer::default().message(1, &Writer::default());
        Writer::default().message(1, &meta).message(2, &unit)
    };
    let five: Vec<Writer> = ["a", "b", "c", "d", "e"].map(|name| column(name, 1)).to_vec();
    for wrong in [&[][..], &[column("a", 4)], &[column("a", 1), column("a", 2)], &[column("é", 1)], &five] {
        assert_eq!(refused(&visit, "CreateTable", of(wrong)).await, invalid);
    }
    let unsupported = (400, "OTSUnsupportOperation".to_owned());
    let counting = column("a", 1).number(3, 1);
    assert_eq!(refused(&visit, "CreateTable", of(&[counting])).await, unsupported);
    let indexed = new_table("t", -1, 1).message(7, &Writer::default().text(1, "i"));
    assert_eq!(refused(&visit, "CreateTable", indexed).await, unsupported);
    let streaming = new_table("t", -1, 1).message(5, &Writer::default().number(1, 1));
    assert_eq!(refused(&visit, "CreateTable", streaming).await, unsupported);
    assert!(done(&visit, "ListTable", Writer::default()).await.is_empty());
}
