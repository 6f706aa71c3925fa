// `github.com/aliyun/aliyun-tablestore-go-sdk`: Tablestore, signed as version 2. Pointed at the proxy by its transport.
package main

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/aliyun/aliyun-tablestore-go-sdk/tablestore"

	"countersign.test/clients/checks"
	"countersign.test/clients/dummies"
)

const (
	instance = "demo-go"
	table    = "orders"
)

// A value of every type, sorted by name as rows come back.
var columns = []tablestore.AttributeColumn{
	{ColumnName: "count", Value: int64(9007199254740993)},
	{ColumnName: "is_paid", Value: true},
	{ColumnName: "picture", Value: []byte("\x00\xff\x80")},
	{ColumnName: "price", Value: -0.5},
	{ColumnName: "title", Value: "测试 é\n\x00"},
}

func configured() *tablestore.TableStoreConfig {
	config := tablestore.NewDefaultTableStoreConfig()
	config.Transport = &http.Transport{Proxy: http.ProxyURL(checks.Must(url.Parse(os.Getenv("FORWARD"))))}
	return config
}

func withToken(region, token string) *tablestore.TableStoreClient {
	endpoint := fmt.Sprintf("http://%s.%s.ots.aliyuncs.com", instance, region)
	return tablestore.NewClientWithConfig(endpoint, instance, dummies.AccessKeyID, dummies.AccessKeySecret, token, configured())
}

func client(region string) *tablestore.TableStoreClient {
	return withToken(region, "")
}

func pinned() *tablestore.TableStoreClient {
	endpoint := os.Getenv("PINNED_DEMO_GO_CN_HANGZHOU_OTS_ALIYUNCS_COM")
	return tablestore.NewClient(endpoint, instance, dummies.AccessKeyID, dummies.AccessKeySecret)
}

func key(number int64) *tablestore.PrimaryKey {
	key := new(tablestore.PrimaryKey)
	key.AddPrimaryKeyColumn("customer", "wang")
	key.AddPrimaryKeyColumn("number", number)
	key.AddPrimaryKeyColumn("raw", []byte("\x00\xff"))
	return key
}

func create(of *tablestore.TableStoreClient) error {
	meta := &tablestore.TableMeta{TableName: table}
	meta.AddPrimaryKeyColumn("customer", tablestore.PrimaryKeyType_STRING)
	meta.AddPrimaryKeyColumn("number", tablestore.PrimaryKeyType_INTEGER)
	meta.AddPrimaryKeyColumn("raw", tablestore.PrimaryKeyType_BINARY)
	_, err := of.CreateTable(&tablestore.CreateTableRequest{
		TableMeta:          meta,
		TableOption:        tablestore.NewTableOption(-1, 2),
		ReservedThroughput: new(tablestore.ReservedThroughput),
	})
	return err
}

func change(number int64, columns []tablestore.AttributeColumn, expects tablestore.RowExistenceExpectation) *tablestore.PutRowChange {
	change := &tablestore.PutRowChange{TableName: table, PrimaryKey: key(number), Columns: columns}
	change.SetCondition(expects)
	return change
}

func put(of *tablestore.TableStoreClient, number int64, columns []tablestore.AttributeColumn, expects tablestore.RowExistenceExpectation) error {
	_, err := of.PutRow(&tablestore.PutRowRequest{PutRowChange: change(number, columns, expects)})
	return err
}

func putAny(of *tablestore.TableStoreClient, number int64, columns []tablestore.AttributeColumn) error {
	return put(of, number, columns, tablestore.RowExistenceExpectation_IGNORE)
}

func remove(number int64) *tablestore.DeleteRowChange {
	change := &tablestore.DeleteRowChange{TableName: table, PrimaryKey: key(number)}
	change.SetCondition(tablestore.RowExistenceExpectation_EXPECT_EXIST)
	return change
}

func row(of *tablestore.TableStoreClient, number int64, names ...string) *tablestore.GetRowResponse {
	criteria := &tablestore.SingleRowQueryCriteria{TableName: table, PrimaryKey: key(number), MaxVersion: 1, ColumnsToGet: names}
	return checks.Must(of.GetRow(&tablestore.GetRowRequest{SingleRowQueryCriteria: criteria}))
}

// Without their stamps.
func unstamped(columns []*tablestore.AttributeColumn) []tablestore.AttributeColumn {
	var bare []tablestore.AttributeColumn
	for _, column := range columns {
		bare = append(bare, tablestore.AttributeColumn{ColumnName: column.ColumnName, Value: column.Value})
	}
	return bare
}

func read(of *tablestore.TableStoreClient, number int64, names ...string) []tablestore.AttributeColumn {
	return unstamped(row(of, number, names...).Columns)
}

func some(value string) []tablestore.AttributeColumn {
	return []tablestore.AttributeColumn{{ColumnName: "a", Value: value}}
}

func numbers(rows []*tablestore.Row) []any {
	var found []any
	for _, row := range rows {
		found = append(found, row.PrimaryKey.PrimaryKeys[1].Value)
	}
	return found
}

func ranged(of *tablestore.TableStoreClient, start, end *tablestore.PrimaryKey, direction tablestore.Direction, limit int32) (*tablestore.GetRangeResponse, error) {
	return of.GetRange(&tablestore.GetRangeRequest{RangeRowQueryCriteria: &tablestore.RangeRowQueryCriteria{
		TableName:       table,
		StartPrimaryKey: start,
		EndPrimaryKey:   end,
		Direction:       direction,
		MaxVersion:      1,
		Limit:           limit,
	}})
}

// refused compares an error with what the SDK makes of such an answer.
func refused(err error, status int, code, message string) error {
	raised, wrong := checks.Raised[*tablestore.OtsError](err)
	if wrong != nil {
		return wrong
	}
	got := []any{raised.HttpStatusCode, raised.Code, raised.Message, len(raised.RequestId)}
	return checks.Same(got, []any{status, code, message, 36})
}

func refusedIn(region string, status int, code, message string) error {
	return refused(putAny(client(region), 1, columns), status, code, message)
}

func main() {
	checks.Run(
		checks.Check{Sentence: "a table is created, listed and described", Do: func() error {
			of := client("cn-hangzhou")
			err := create(of)
			listed := checks.Must(of.ListTable())
			told := checks.Must(of.DescribeTable(&tablestore.DescribeTableRequest{TableName: table}))
			var names []string
			for _, column := range told.TableMeta.SchemaEntry {
				names = append(names, *column.Name)
			}
			return checks.All(
				err,
				checks.Same(listed.TableNames, []string{table}),
				checks.Same(names, []string{"customer", "number", "raw"}),
				checks.Same([]int{told.TableOption.TimeToAlive, told.TableOption.MaxVersion}, []int{-1, 2}),
				refused(create(of), 409, "OTSObjectAlreadyExist", "Requested table already exists."),
			)
		}},

		checks.Check{Sentence: "a row comes back with a value of every type", Do: func() error {
			of := client("cn-hangzhou")
			order := change(1, columns, tablestore.RowExistenceExpectation_IGNORE)
			order.SetReturnPk()
			done := checks.Must(of.PutRow(&tablestore.PutRowRequest{PutRowChange: order}))
			return checks.All(
				checks.Same(done.PrimaryKey.PrimaryKeys, key(1).PrimaryKeys),
				checks.Same(done.ConsumedCapacityUnit.Write, int32(1)),
				checks.Same(row(of, 1).PrimaryKey.PrimaryKeys, key(1).PrimaryKeys),
				checks.Same(read(of, 1), columns),
				checks.Same(read(of, 1, "price", "title"), columns[3:]),
				checks.Same(len(row(of, 404).PrimaryKey.PrimaryKeys), 0),
			)
		}},

		checks.Check{Sentence: "a listener that is pinned to the instance is the instance", Do: func() error {
			return checks.All(putAny(pinned(), 2, columns), checks.Same(read(pinned(), 2), columns))
		}},

		checks.Check{Sentence: "an update puts, adds to and deletes columns", Do: func() error {
			of := client("cn-hangzhou")
			err := putAny(of, 3, []tablestore.AttributeColumn{
				{ColumnName: "count", Value: int64(1)}, {ColumnName: "gone", Value: "soon"}, {ColumnName: "kept", Value: "first"},
			})
			update := &tablestore.UpdateRowChange{TableName: table, PrimaryKey: key(3)}
			update.PutColumn("kept", "second")
			update.IncrementColumn("count", 41)
			update.DeleteColumn("gone")
			update.SetReturnIncrementValue()
			update.ColumnNamesToReturn = []string{"count"}
			update.SetCondition(tablestore.RowExistenceExpectation_EXPECT_EXIST)
			done := checks.Must(of.UpdateRow(&tablestore.UpdateRowRequest{UpdateRowChange: update}))
			counted := []tablestore.AttributeColumn{{ColumnName: "count", Value: int64(42)}}
			return checks.All(
				err,
				checks.Same(unstamped(done.Columns), counted),
				checks.Same(read(of, 3), append(counted, tablestore.AttributeColumn{ColumnName: "kept", Value: "second"})),
			)
		}},

		checks.Check{Sentence: "a condition that does not hold is the SDK's own error", Do: func() error {
			of := client("cn-hangzhou")
			first := putAny(of, 4, columns)
			again := put(of, 4, columns, tablestore.RowExistenceExpectation_EXPECT_NOT_EXIST)
			cheap := change(4, columns, tablestore.RowExistenceExpectation_EXPECT_EXIST)
			cheap.SetColumnCondition(tablestore.NewSingleColumnCondition("price", tablestore.CT_LESS_THAN, 0.0))
			_, holds := of.PutRow(&tablestore.PutRowRequest{PutRowChange: cheap})
			dear := change(4, columns, tablestore.RowExistenceExpectation_EXPECT_EXIST)
			dear.SetColumnCondition(tablestore.NewSingleColumnCondition("price", tablestore.CT_GREATER_EQUAL, 0.0))
			_, fails := of.PutRow(&tablestore.PutRowRequest{PutRowChange: dear})
			return checks.All(
				first,
				refused(again, 403, "OTSConditionCheckFail", "Condition check failed."),
				holds,
				refused(fails, 403, "OTSConditionCheckFail", "Condition check failed."),
			)
		}},

		checks.Check{Sentence: "a range is read forward in pages and backward", Do: func() error {
			of := client("cn-hangzhou")
			for number := int64(10); number < 15; number++ {
				if err := putAny(of, number, some("b")); err != nil {
					return err
				}
			}
			end := new(tablestore.PrimaryKey)
			for _, name := range []string{"customer", "number", "raw"} {
				end.AddPrimaryKeyColumnWithMaxValue(name)
			}
			var pages [][]any
			for start := key(10); start != nil; {
				page := checks.Must(ranged(of, start, end, tablestore.FORWARD, 3))
				pages = append(pages, numbers(page.Rows))
				start = page.NextStartPrimaryKey
			}
			back := checks.Must(ranged(of, end, key(11), tablestore.BACKWARD, 10))
			_, err := ranged(of, end, key(11), tablestore.FORWARD, 10)
			return checks.All(
				checks.Same(pages, [][]any{{int64(10), int64(11), int64(12)}, {int64(13), int64(14)}}),
				checks.Same(numbers(back.Rows), []any{int64(14), int64(13), int64(12)}),
				refused(err, 400, "OTSParameterInvalid", "Begin key must less than end key in FORWARD"),
			)
		}},

		checks.Check{Sentence: "rows are written and read in batches, each with its own outcome", Do: func() error {
			of := client("cn-hangzhou")
			if err := putAny(of, 20, columns); err != nil {
				return err
			}
			batch := new(tablestore.BatchWriteRowRequest)
			batch.AddRowChange(change(20, some("b"), tablestore.RowExistenceExpectation_EXPECT_NOT_EXIST))
			batch.AddRowChange(change(21, some("c"), tablestore.RowExistenceExpectation_EXPECT_NOT_EXIST))
			batch.AddRowChange(remove(10))
			var outcomes []string
			for _, one := range checks.Must(of.BatchWriteRow(batch)).TableToRowsResult[table] {
				outcomes = append(outcomes, one.Error.Code)
			}
			criteria := &tablestore.MultiRowQueryCriteria{TableName: table, MaxVersion: 1}
			for _, number := range []int64{20, 10, 21} {
				criteria.AddRow(key(number))
			}
			nowhere := &tablestore.MultiRowQueryCriteria{TableName: "nowhere", MaxVersion: 1}
			nowhere.AddRow(key(1))
			both := []*tablestore.MultiRowQueryCriteria{criteria, nowhere}
			got := checks.Must(of.BatchGetRow(&tablestore.BatchGetRowRequest{MultiRowQueryCriteria: both})).TableToRowsResult
			var found [][]tablestore.AttributeColumn
			for _, one := range got[table] {
				found = append(found, unstamped(one.Columns))
			}
			return checks.All(
				checks.Same(outcomes, []string{"OTSConditionCheckFail", "", ""}),
				checks.Same(found, [][]tablestore.AttributeColumn{columns, nil, some("c")}),
				checks.Same(got["nowhere"][0].Error.Code, "OTSObjectNotExist"),
			)
		}},

		checks.Check{Sentence: "a row of a megabyte comes back unchanged", Do: func() error {
			of, large := client("cn-hangzhou"), some(strings.Repeat("é", 1<<19))
			return checks.All(putAny(of, 30, large), checks.Same(read(of, 30), large))
		}},

		checks.Check{Sentence: "a deleted row is gone", Do: func() error {
			of := client("cn-hangzhou")
			first := putAny(of, 40, columns)
			_, deleted := of.DeleteRow(&tablestore.DeleteRowRequest{DeleteRowChange: remove(40)})
			_, again := of.DeleteRow(&tablestore.DeleteRowRequest{DeleteRowChange: remove(40)})
			return checks.All(first, deleted, refused(again, 403, "OTSConditionCheckFail", "Condition check failed."))
		}},

		checks.Check{Sentence: "a table that is not there is the SDK's own error", Do: func() error {
			_, err := client("cn-hangzhou").DescribeTable(&tablestore.DescribeTableRequest{TableName: "nowhere"})
			return refused(err, 404, "OTSObjectNotExist", "Requested table does not exist.")
		}},

		checks.Check{Sentence: "a table of another region is made, filled and deleted", Do: func() error {
			for _, token := range []string{"", dummies.SecurityToken} {
				of := withToken("cn-beijing", token)
				if err := checks.All(create(of), putAny(of, 1, columns), checks.Same(read(of, 1), columns)); err != nil {
					return err
				}
				if _, err := of.DeleteTable(&tablestore.DeleteTableRequest{TableName: table}); err != nil {
					return err
				}
			}
			return nil
		}},

		checks.Check{Sentence: "a spoilt signature is the SDK's own error", Do: func() error {
			return refusedIn("cn-shanghai", 403, "OTSAuthFailed", "Signature mismatch.")
		}},

		checks.Check{Sentence: "a header changed after signing is the SDK's own error", Do: func() error {
			return refusedIn("cn-shenzhen", 403, "OTSAuthFailed", "Signature mismatch.")
		}},

		// Version 2 covers neither host nor region: what tells is that the table is not there.
		checks.Check{Sentence: "a request that comes to another region is the SDK's own error", Do: func() error {
			return refusedIn("cn-qingdao", 404, "OTSObjectNotExist", "Requested table does not exist.")
		}},
	)
}
