"""The plain protobuf classes of Firestore's API."""

from __future__ import annotations

from google.protobuf import empty_pb2, timestamp_pb2
from google.rpc import status_pb2

from localcloud.messages import types_of

_common, _document, _write, _query, _aggregation, _firestore = types_of(
    "google.cloud.firestore_v1", "common", "document", "write", "query", "aggregation_result", "firestore"
)

Empty = empty_pb2.Empty
Status = status_pb2.Status
Timestamp = timestamp_pb2.Timestamp

DocumentMask = _common.DocumentMask.pb()
Precondition = _common.Precondition.pb()
TransactionOptions = _common.TransactionOptions.pb()

Document = _document.Document.pb()
Value = _document.Value.pb()
ArrayValue = _document.ArrayValue.pb()

Write = _write.Write.pb()
WriteResult = _write.WriteResult.pb()
FieldTransform = _write.DocumentTransform.FieldTransform.pb()

StructuredQuery = _query.StructuredQuery.pb()
StructuredAggregationQuery = _query.StructuredAggregationQuery.pb()
Filter = _query.StructuredQuery.Filter.pb()
Cursor = _query.Cursor.pb()
AggregationResult = _aggregation.AggregationResult.pb()

GetDocumentRequest = _firestore.GetDocumentRequest.pb()
BatchGetDocumentsRequest = _firestore.BatchGetDocumentsRequest.pb()
BatchGetDocumentsResponse = _firestore.BatchGetDocumentsResponse.pb()
ListDocumentsRequest = _firestore.ListDocumentsRequest.pb()
ListDocumentsResponse = _firestore.ListDocumentsResponse.pb()
ListCollectionIdsRequest = _firestore.ListCollectionIdsRequest.pb()
ListCollectionIdsResponse = _firestore.ListCollectionIdsResponse.pb()
CreateDocumentRequest = _firestore.CreateDocumentRequest.pb()
UpdateDocumentRequest = _firestore.UpdateDocumentRequest.pb()
DeleteDocumentRequest = _firestore.DeleteDocumentRequest.pb()
BeginTransactionRequest = _firestore.BeginTransactionRequest.pb()
BeginTransactionResponse = _firestore.BeginTransactionResponse.pb()
RollbackRequest = _firestore.RollbackRequest.pb()
CommitRequest = _firestore.CommitRequest.pb()
CommitResponse = _firestore.CommitResponse.pb()
BatchWriteRequest = _firestore.BatchWriteRequest.pb()
BatchWriteResponse = _firestore.BatchWriteResponse.pb()
RunQueryRequest = _firestore.RunQueryRequest.pb()
RunQueryResponse = _firestore.RunQueryResponse.pb()
RunAggregationQueryRequest = _firestore.RunAggregationQueryRequest.pb()
RunAggregationQueryResponse = _firestore.RunAggregationQueryResponse.pb()
PartitionQueryRequest = _firestore.PartitionQueryRequest.pb()
PartitionQueryResponse = _firestore.PartitionQueryResponse.pb()
ExecutePipelineRequest = _firestore.ExecutePipelineRequest.pb()
ListenRequest = _firestore.ListenRequest.pb()
ListenResponse = _firestore.ListenResponse.pb()
Target = _firestore.Target.pb()
TargetChange = _firestore.TargetChange.pb()
WriteRequest = _firestore.WriteRequest.pb()
WriteResponse = _firestore.WriteResponse.pb()
