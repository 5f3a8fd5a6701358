package dev.attune.refresher.snapshot;

/** Takes no notice; tests override what they want to see. */
class NoProgress implements Progress {
  @Override
  public void phase(Phase phase) {}

  @Override
  public void rowsRead(long rows) {}

  @Override
  public void toWrite(long total) {}

  @Override
  public void written(long rows) {}

  @Override
  public void badRows(long rows) {}
}
