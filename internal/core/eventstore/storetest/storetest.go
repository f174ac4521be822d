// Package storetest is the conformance suite of event stores: each promise of
// eventstore.Store is a case. A driver is done when Run passes. It is for tests
// alone.
package storetest

import "testing"

// Run runs every promise against the driver.
func Run(t *testing.T, driver Driver) {
	cases := []struct {
		name    string
		promise func(t *testing.T, b *bundle)
	}{
		{"VersionsAreGapless", versionsAreGapless},
		{"PositionsGrowByOneAcrossStreams", positionsGrowByOne},
		{"BatchIsAllOrNothing", batchIsAllOrNothing},
		{"BatchWithoutEventsChecksVersions", batchWithoutEvents},
		{"BatchesOfEverySize", batchesOfEverySize},
		{"BigEventComesBack", bigEventComesBack},
		{"SubmitKeepsTheOrder", submitKeepsTheOrder},
		{"ExpectedVersionDecides", expectedVersionDecides},
		{"ConflictOfOneNeverAbortsOthers", conflictOfOne},
		{"BatchesOfOneGroupSeeEachOther", groupSeesItself},
		{"WhatCanNeverBeStoredIsRefused", neverStored},
		{"InlineWriterCommitsWithTheEvents", inlineCommits},
		{"FailingInlineWriterAbortsOnlyItsBatch", inlineFails},
		{"FailedStatementInAnInlineWriterAbortsOnlyItsBatch", inlineStatementFails},
		{"PanicOfAnInlineWriterAbortsOnlyItsBatch", inlinePanics},
		{"InlineWriterOfARefusedBatchDoesNotRun", inlineOfRefused},
		{"StreamIsReadInPages", streamInPages},
		{"FilterChooses", filterChooses},
		{"PrivateEventsAreHidden", privateHidden},
		{"FollowerSeesEveryEventOnceInOrder", followerSeesAll},
		{"FollowerNeverSkipsALateCommit", followerNeverSkips},
		{"FollowerResumesFromAPosition", followerResumes},
		{"FollowerEndsWithTheStore", followerEnds},
		{"EnvelopeComesBack", envelopeComesBack},
		{"DataComesBackByteForByte", dataComesBack},
		{"TimeIsTheClocksInMicroseconds", timeIsTheClocks},
		{"IdIsAStableUUIDv7", idIsStable},
		{"LabelsComeBackWithEveryEvent", labelsComeBack},
		{"EqualLabelsAreStoredOnce", labelsAreStoredOnce},
		{"RefusedBatchSetsNoLabels", labelsOfARefusedBatch},
		{"ManyDifferentLabels", manyLabels},
		{"RestartReadsTheSame", restartReadsTheSame},
		{"EventsNeverChange", eventsNeverChange},
		{"OldEpochWritesNothing", oldEpochWritesNothing},
		{"FailedCommitIsForgotten", failedCommitIsForgotten},
		{"CancelledContextTearsNothing", cancelledContext},
		{"ClosedStoreRefuses", closedStoreRefuses},
		{"ThousandConcurrentAppenders", thousandAppenders},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.promise(t, setup(t, driver))
		})
	}
}
