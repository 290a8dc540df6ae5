import Checkpoint

/// What verification demands of the quantized tensors. Nil demands nothing.
public struct Thresholds: Sendable, Equatable {
  /// Limits for the tensors of a group.
  public struct Limits: Sendable, Equatable {
    /// Least cosine of any tensor with its source.
    public var minCosine: Double?
    /// Least mean of the cosines, each tensor counting once.
    public var meanCosine: Double?
    /// Largest relative root-mean-square error of any tensor.
    public var maxRelativeRMS: Double?

    /// Creates limits; nil demands nothing.
    public init(minCosine: Double? = nil, meanCosine: Double? = nil, maxRelativeRMS: Double? = nil) {
      self.minCosine = minCosine
      self.meanCosine = meanCosine
      self.maxRelativeRMS = maxRelativeRMS
    }

    func over(_ base: Limits) -> Limits {
      Limits(
        minCosine: minCosine ?? base.minCosine, meanCosine: meanCosine ?? base.meanCosine,
        maxRelativeRMS: maxRelativeRMS ?? base.maxRelativeRMS)
    }
  }

  /// Limits for all quantized tensors.
  public var all: Limits
  /// Limits for the tensors of a role, which replace the limits for all.
  public var byRole: [TensorRole: Limits]

  /// Creates thresholds; by default nothing is demanded.
  public init(all: Limits = Limits(), byRole: [TensorRole: Limits] = [:]) {
    self.all = all
    self.byRole = byRole
  }

  /// These thresholds, with what they leave open taken from `base`.
  public func over(_ base: Thresholds) -> Thresholds {
    Thresholds(all: all.over(base.all), byRole: byRole.merging(base.byRole) { own, other in own.over(other) })
  }
}
